// How many steps a stage will take, from the sizes of its data.
import RetortDistillation

/// Sequences and tokens of a corpus as cut for a stage, or examples of a task.
public struct DataSize: Sendable, Equatable {
  public var sequences: Int
  /// [CLS] and [SEP] counted; nil when not known.
  public var tokens: Int?
  /// Whether there may be fewer: a stage makes the text, and has not made it.
  public var isAtMost: Bool

  public init(sequences: Int, tokens: Int? = nil, isAtMost: Bool = false) {
    self.sequences = sequences
    self.tokens = tokens
    self.isAtMost = isAtMost
  }
}

/// Number of steps a stage's limit gives.
public struct StepCounts: Sendable, Equatable {
  public let stepsPerEpoch: Int
  /// Optimizer steps of the whole stage: the length of its schedule.
  public let total: Int
  /// Of these, rising from 0.
  public let warmup: Int
  /// The limit is in tokens, and the total taken from their mean over a step.
  public let isEstimate: Bool
  /// The data may be less, and the total with it.
  public let isAtMost: Bool

  /// - Returns: nil when the limit is in tokens and the data's tokens are not known.
  public init?(_ training: TrainingOptions, data: DataSize) {
    guard data.sequences > 0 else { return nil }
    let batching = training.batching
    stepsPerEpoch = TrainingSettings.stepsPerEpoch(
      of: data.sequences, batchSize: batching.batchSize, accumulation: batching.accumulate)
    if let steps = training.limit.steps(perEpoch: stepsPerEpoch) {
      (total, isEstimate) = (steps, false)
    } else {
      guard case .tokens(let count) = training.limit, let tokens = data.tokens, tokens > 0 else {
        return nil
      }
      let steps = Double(count) / Double(tokens) * Double(stepsPerEpoch)
      (total, isEstimate) = (Int(exactly: max(1, steps.rounded(.up))) ?? .max, true)
    }
    if case .epochs = training.limit { isAtMost = data.isAtMost } else { isAtMost = false }
    warmup = training.optimization.warmup.steps(of: total)
  }
}

extension TaskSource {
  /// Training examples of a task that is made; nil for one that has to be read.
  var generatedSize: DataSize? {
    switch self {
    case .builtIn, .files, .part: nil
    case .generated(_, _, let train, _, _, _): DataSize(sequences: train)
    }
  }
}
