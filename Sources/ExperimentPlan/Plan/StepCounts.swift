// How many steps a stage will take, from the sizes of its data.
import Distillation

/// Sequences and tokens of a corpus as cut for a stage, or examples of a task.
public struct DataSize: Sendable, Equatable {
  public var sequences: Int
  /// [CLS] and [SEP] counted; nil when not known.
  public var tokens: Int?

  public init(sequences: Int, tokens: Int? = nil) {
    self.sequences = sequences
    self.tokens = tokens
  }
}

/// What a stage's limit comes to. An epoch's last batch may be smaller, and its last step may
/// accumulate fewer batches; nothing is dropped.
public struct StepCounts: Sendable, Equatable {
  public let batchesPerEpoch: Int
  public let stepsPerEpoch: Int
  /// Optimiser steps of the whole stage: the length of its schedule.
  public let total: Int
  /// Of these, rising from 0.
  public let warmup: Int
  /// The limit is in tokens, and the total taken from their mean over a step.
  public let isEstimate: Bool

  /// - Returns: nil when the limit is in tokens and the data's tokens are not known.
  public init?(_ training: TrainingOptions, data: DataSize) {
    guard data.sequences > 0 else { return nil }
    let batching = training.batching
    func rounding(_ count: Int, _ by: Int) -> Int { (count + by - 1) / by }
    batchesPerEpoch = rounding(data.sequences, batching.batchSize)
    stepsPerEpoch = rounding(batchesPerEpoch, batching.accumulate)
    if case .tokens = training.limit { isEstimate = true } else { isEstimate = false }
    switch training.limit {
    case .epochs(let count): total = stepsPerEpoch * count
    case .steps(let count): total = count
    case .tokens(let count):
      guard let tokens = data.tokens, tokens > 0 else { return nil }
      let steps = Double(count) / Double(tokens) * Double(stepsPerEpoch)
      total = max(1, Int(steps.rounded(.up)))
    }
    warmup = training.optimization.warmup.steps(of: total)
  }
}

extension TaskSource {
  /// Training examples, known without reading anything.
  public var trainingSize: DataSize {
    switch self {
    case .sst2: DataSize(sequences: 67_349)
    case .generated(_, _, let train, _, _, _): DataSize(sequences: train)
    }
  }
}
