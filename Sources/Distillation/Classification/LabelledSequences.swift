import RetortText

/// Tokenized sentences with their labels: what a classifier is trained and evaluated on.
public struct LabelledSequences: Sendable {
  public let sequences: TokenSequences
  /// [sentences], each in 0..<K; nil for a split whose labels are not published.
  public let labels: [Int32]?

  public init(sequences: TokenSequences, labels: [Int32]?) {
    precondition(labels.map { $0.count == sequences.count } ?? true, "a label for each sentence")
    (self.sequences, self.labels) = (sequences, labels)
  }

  public var count: Int { sequences.count }

  /// The examples at `indices`, in that order.
  public func examples(_ indices: some Collection<Int>) -> LabelledSequences {
    var chosen = TokenSequences()
    for index in indices {
      chosen.append(sequences[index], secondStart: sequences.secondStart(of: index))
    }
    return LabelledSequences(
      sequences: chosen, labels: labels.map { labels in indices.map { labels[$0] } })
  }
}
