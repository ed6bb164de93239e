// What a term says of itself: batches, scale, what does not fit.

/// The kinds of batches that terms are taken on.
public enum BatchKind: Sendable, Hashable, CaseIterable {
  /// Text with words masked: `pretrain` and `distill`.
  case maskedText
  /// Text as it is: `distill` with `masking: none`.
  case text
  /// Sentences with classes: `finetune` on a classification.
  case labelledSentences
  /// Sentences with numbers: `finetune` on a regression.
  case scoredSentences
}

/// Whose logits a term is taken of, where there are two types of one key.
public enum LogitKind: String, Sendable, CaseIterable {
  case vocabulary, classes
}

/// The constant factor in a term's logged value, and the option it comes from: T² of temperature T.
public struct ValueScale: Sendable, Equatable {
  public var option: String
  public var value: Double
  public var factor: Double

  public init(option: String, value: Double, factor: Double) {
    (self.option, self.value, self.factor) = (option, value, factor)
  }
}

/// What is wrong with a term for a student and a teacher.
public struct TermProblem: Sendable, Equatable {
  /// The key below the term's own that it is written under; nil for the term.
  public var key: String?
  public var expected: String
  public var found: String
  public var advice: String?

  public init(key: String? = nil, expected: String, found: String, advice: String? = nil) {
    (self.key, self.expected, self.found, self.advice) = (key, expected, found, advice)
  }
}
