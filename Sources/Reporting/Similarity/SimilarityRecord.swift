// How alike two models' hidden states of one text are.
import RetortRecords

/// `Results/records/similarity/<name>.json`, written by `retort similarity --record`.
public struct SimilarityRecord: Codable, Sendable, Equatable {
  public var format: Int
  public var command: String
  public var first: Side
  public var second: Side
  public var sequences: Int
  public var tokens: Int
  /// Linear CKA, [layers of the first][layers of the second].
  public var alignment: [[Double]]
  /// Mean cosine over tokens, likewise; nil where the models are of different width.
  public var cosine: [[Double]]?

  /// One of the two activation stores.
  public struct Side: Codable, Sendable, Equatable {
    public var name: String
    /// 0 for the embeddings.
    public var layers: [Int]
    public var hiddenSize: Int
    public var precision: String
    /// What the states are of: digests of model, vocabulary and text among others.
    public var source: [String: String]
    /// What was typed to store it, and the processor's name; nil where the store does not say.
    public var command: String?
    public var processor: String?

    public init(
      name: String, layers: [Int], hiddenSize: Int, precision: String, source: [String: String],
      command: String?, processor: String?
    ) {
      (self.name, self.layers, self.hiddenSize) = (name, layers, hiddenSize)
      (self.precision, self.source) = (precision, source)
      (self.command, self.processor) = (command, processor)
    }
  }

  public init(
    command: String, first: Side, second: Side, sequences: Int, tokens: Int,
    alignment: [[Double]], cosine: [[Double]]?
  ) {
    format = RunRecord.currentFormat
    self.command = command
    (self.first, self.second) = (first, second)
    (self.sequences, self.tokens) = (sequences, tokens)
    (self.alignment, self.cosine) = (alignment, cosine)
  }
}

extension SimilarityRecord: StrictRecord {
  public func contradictions() -> [String] {
    var facts: [String] = []
    for (name, values) in [("alignment", Optional(alignment)), ("cosine", cosine)] {
      guard let values else { continue }
      if values.count != first.layers.count
        || values.contains(where: { $0.count != second.layers.count })
      {
        facts.append(
          "\(name): not a value for each of \(first.layers.count) x \(second.layers.count) layers")
      }
      // A rounding beyond the bound is none.
      if !values.joined().allSatisfy({ abs($0) <= 1.000001 }) {
        facts.append("\(name): a value beyond 1")
      }
    }
    if (cosine != nil) != (first.hiddenSize == second.hiddenSize) {
      facts.append("cosine: there where widths differ, or missing where they do not")
    }
    if first.source["text"] != second.source["text"] {
      facts.append("the two sides are of different texts")
    }
    return facts
  }

  /// The file's content.
  /// - Throws: `inconsistent` if facts contradict each other.
  public func text() throws(RecordError) -> String {
    let source = "similarity of \(first.name) and \(second.name)"
    try refuseContradictions(source: source)
    return try RecordText.tree(of: self, source: source).document
  }
}
