// What a loss needs before it can be computed, in words.

extension Observations {
  /// What is read, each in a few words: "hidden states 0, 2", "queries and keys of block 5".
  public var words: [String] {
    var words: [String] = []
    switch vocabularyLogits {
    case .all?: words.append("vocabulary logits")
    case .masked?: words.append("vocabulary logits of masked words")
    case nil: break
    }
    if classLogits { words.append("class logits") }
    // Vectors of sequences are made of the last states.
    let states = hiddenStates.union(pooled.isEmpty ? [] : [.last]).sorted().map(\.description)
    if !states.isEmpty {
      words.append("hidden state\(states.count == 1 ? "" : "s") \(states.joined(separator: ", "))")
    }
    return words + projectionWords
  }

  /// Blocks of which the same is read stand together.
  private var projectionWords: [String] {
    let byBlock = Dictionary(grouping: projections, by: \.block).mapValues {
      Set($0.map(\.projection))
    }
    return Dictionary(grouping: byBlock, by: \.value).map { read, entries in
      let names = AttentionProjection.allCases.filter(read.contains).map(\.plural)
      let blocks = entries.map(\.key).sorted {
        $0.number(layerCount: .max) < $1.number(layerCount: .max)
      }.map(\.description)
      return "\(names.joined(separator: ", ")) of block\(blocks.count == 1 ? "" : "s") "
        + blocks.joined(separator: ", ")
    }.sorted()
  }
}

extension AttentionProjection {
  fileprivate var plural: String {
    switch self {
    case .query: "queries"
    case .key: "keys"
    case .value: "values"
    }
  }
}

extension Objective {
  /// The plainest kind of batches on which all of its terms can be taken: text as it is before text with words masked, and
  /// either before sentences with labels. Nil where there is none.
  public var plainestBatches: BatchKind? {
    [BatchKind.text, .maskedText, .labelledSentences, .scoredSentences].first { kind in
      terms.allSatisfy { $0.term.canBeTaken(on: kind) }
    }
  }

  /// What must be there: what is read of each model, what is known of the text, and in what the models must be alike.
  /// - Parameters:
  ///   - student: of sizes that fit, and all of them known.
  ///   - teacher: likewise.
  public func needs(student: ModelDimensions, teacher: ModelDimensions) -> [String] {
    let (own, taught) = (readsOfStudent.words, readsOfTeacher.words)
    var needs: [String] = []
    if own == taught {
      needs += own.map { "\($0) of both" }
    } else {
      needs += taught.map { "the teacher's \($0)" } + own.map { "the student's \($0)" }
    }
    switch plainestBatches {
    case .maskedText?: needs.append("masked words")
    case .labelledSentences?: needs.append("labels")
    case .scoredSentences?: needs.append("labels that are numbers")
    case .text?, nil: break
    }
    return needs + likenesses(student, teacher)
  }

  /// In what the models must be alike: found by asking each term about models that are not.
  private func likenesses(_ student: ModelDimensions, _ teacher: ModelDimensions) -> [String] {
    func fails(_ change: (inout ModelDimensions, inout ModelDimensions) -> Void) -> Bool {
      var (other, master) = (student, teacher)
      change(&other, &master)
      let before = problems(student: student, teacher: teacher).map(\.problem)
      return problems(student: other, teacher: master).contains { !before.contains($0.problem) }
    }
    var found: [String] = []
    if fails({ student, _ in student.hiddenSize = student.hiddenSize.map { 2 * $0 } }) {
      found.append(
        "equal widths" + (terms.contains { $0.term.mayProject } ? " or a projection" : ""))
    } else if fails({ student, teacher in
      // A prime: no number of heads divides it.
      (student.hiddenSize, teacher.hiddenSize) = (Self.primeSize, Self.primeSize)
    }) {
      found.append("heads that divide both widths")
    }
    if fails({ student, _ in student.headCount = student.headCount.map { 2 * $0 } }) {
      found.append("equal numbers of heads")
    }
    if fails({ student, teacher in (student.classCount, teacher.classCount) = (2, 2) }) {
      found.append("more than two classes")
    }
    return found
  }

  private static let primeSize = 389
}

extension LossTerm {
  /// Whether it can have a projection between the models' widths.
  fileprivate var mayProject: Bool {
    Self.options.descriptions.contains { $0.key == "projection" }
  }
}
