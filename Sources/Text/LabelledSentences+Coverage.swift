// What a set of examples has of its classes, and of another set's texts.

extension LabelledSentences {
  /// Classes that none of the examples has; none of a regression, and without labels.
  public var classesWithoutExamples: [String] {
    guard let labels else { return [] }
    var isThere = [Bool](repeating: false, count: classNames.count)
    for label in labels { isThere[Int(label)] = true }
    return classNames.indices.filter { !isThere[$0] }.map { classNames[$0] }
  }

  /// How many of the examples have a text, or a pair, that another set has too.
  public func countShared(with other: LabelledSentences) -> Int {
    let keys = sentences.indices.map(key)
    let own = Set(keys)
    var shared: Set<UInt64> = []
    for row in other.sentences.indices {
      let key = other.key(row)
      if own.contains(key) { shared.insert(key) }
    }
    return keys.count(where: shared.contains)
  }

  private func key(_ row: Int) -> UInt64 {
    SeenTexts.key([sentences[row]] + (secondSentences.map { [$0[row]] } ?? []))
  }
}
