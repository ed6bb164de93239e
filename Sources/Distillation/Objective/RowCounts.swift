// How many rows each term of a step is the mean over.

/// Rows in all batches of a step together: known before the first forward pass, so that gradients are scaled once.
public struct RowCounts: Sendable, Equatable {
  public var tokens: Int
  public var maskedTokens: Int
  public var sentences: Int
  /// Sentences by class, as many classes as the step has sentences of; empty where they have none.
  public var classes: [Int]

  public init(tokens: Int, maskedTokens: Int, sentences: Int, classes: [Int] = []) {
    (self.tokens, self.maskedTokens, self.sentences) = (tokens, maskedTokens, sentences)
    self.classes = classes
  }

  /// How many rows of that kind there are; of weighted ones the sum of their weights.
  public func of(_ rows: TermRows) -> Double {
    switch rows {
    case .tokens: return Double(tokens)
    case .maskedTokens: return Double(maskedTokens)
    case .sentences: return Double(sentences)
    case .weightedSentences(let weights):
      precondition(
        classes.count <= weights.count && classes.reduce(0, +) == sentences,
        "\(sentences) sentences of classes \(classes) with weights of \(weights.count)")
      return zip(classes, weights).reduce(0) { $0 + Double($1.0) * $1.1 }
    }
  }

  /// A term without rows (nothing was masked) is 0.
  public func mean(over rows: TermRows, of sum: Double) -> Double {
    let count = of(rows)
    return count == 0 ? 0 : sum / count
  }

  /// What the gradient of each row's loss is multiplied by.
  public func gradientScale(over rows: TermRows, weight: Double) -> Double {
    mean(over: rows, of: weight)
  }
}
