import RetortText

/// Tokenized sentences with their labels: what a classifier is trained and evaluated on.
public struct LabelledSequences: Sendable {
  public let sequences: TokenSequences
  /// [sentences], each in 0..<K; nil for a split whose labels are not published, and in a regression.
  public let labels: [Int32]?
  /// [sentences], the labels of a regression; nil otherwise.
  public let numbers: [Float]?

  /// At most one kind of labels.
  public init(sequences: TokenSequences, labels: [Int32]?, numbers: [Float]? = nil) {
    precondition(labels.map { $0.count == sequences.count } ?? true, "a label for each sentence")
    precondition(numbers.map { $0.count == sequences.count } ?? true, "a number for each sentence")
    precondition(labels == nil || numbers == nil, "labels that are classes and numbers")
    (self.sequences, self.labels, self.numbers) = (sequences, labels, numbers)
  }

  public var hasLabels: Bool { labels != nil || numbers != nil }

  public var count: Int { sequences.count }

  /// The examples at `indices`, in that order.
  public func examples(_ indices: some Collection<Int>) -> LabelledSequences {
    var chosen = TokenSequences()
    for index in indices {
      chosen.append(sequences[index], secondStart: sequences.secondStart(of: index))
    }
    return LabelledSequences(
      sequences: chosen, labels: labels.map { labels in indices.map { labels[$0] } },
      numbers: numbers.map { numbers in indices.map { numbers[$0] } })
  }
}
