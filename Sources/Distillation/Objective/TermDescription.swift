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

/// The factor in a term's logged value, and the option it comes from: T² of temperature T.
public struct ValueScale: Sendable, Equatable {
  public var option: String
  public var value: Double
  public var factor: Double
  /// How the option changes, in words; value and factor are then those of the first step. Nil where they are constant.
  public var changes: String?

  public init(option: String, value: Double, factor: Double, changes: String? = nil) {
    (self.option, self.value, self.factor) = (option, value, factor)
    self.changes = changes
  }
}

/// What of a term is taken over the sequences of one batch together, so that it is no sum over rows: it depends on `batch_size`
/// and on the order of the sequences, and the batches of one step do not see each other.
public struct BatchCoupling: Sendable, Equatable {
  /// What it is: "the similarities between sentences".
  public var words: String
  /// The fewest sequences of a batch of which it teaches anything.
  public var leastSequences: Int

  public init(_ words: String, leastSequences: Int = 2) {
    (self.words, self.leastSequences) = (words, leastSequences)
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
