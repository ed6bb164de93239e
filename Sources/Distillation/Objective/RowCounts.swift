// How many rows each term of a step is the mean over.

/// Rows in all batches of a step together: known before the first forward pass, so that gradients are scaled once.
public struct RowCounts: Sendable, Equatable {
  public var tokens: Int
  public var maskedTokens: Int
  public var sentences: Int

  public init(tokens: Int, maskedTokens: Int, sentences: Int) {
    (self.tokens, self.maskedTokens, self.sentences) = (tokens, maskedTokens, sentences)
  }

  /// How many rows of that kind there are.
  public func of(_ rows: TermRows) -> Int {
    switch rows {
    case .tokens: tokens
    case .maskedTokens: maskedTokens
    case .sentences: sentences
    }
  }

  /// A term without rows (nothing was masked) is 0.
  public func mean(over rows: TermRows, of sum: Double) -> Double {
    let count = of(rows)
    return count == 0 ? 0 : sum / Double(count)
  }

  /// What the gradient of each row's loss is multiplied by.
  public func gradientScale(over rows: TermRows, weight: Double) -> Double {
    mean(over: rows, of: weight)
  }
}
