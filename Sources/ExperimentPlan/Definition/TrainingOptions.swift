// What every training stage is told: batches, optimiser, schedule, limits. Plain values.
import Options

/// Masked-language-model masking. Source: recipes of DistilBERT, `distiller.py`.
public struct MaskingOptions: Sendable, Equatable {
  /// Share of a batch's tokens that are predicted.
  public var probability: Double
  /// A token of count c is drawn with weight max(c, 1)^-smoothing; 0 draws uniformly.
  public var smoothing: Double
  /// Of the tokens drawn: share replaced by [MASK], left as they are, replaced at random. Sum 1.
  public var mask: Double
  public var keep: Double
  public var random: Double
}

public struct BatchingOptions: Sendable, Equatable {
  /// Sequences in one forward pass.
  public var batchSize: Int
  /// Forward passes summed into one optimiser step.
  public var accumulate: Int
  /// Batches are made of sequences of like length.
  public var groupByLength: Bool
}

public enum OptimizerName: String, Sendable, CaseIterable { case adamw }

public struct OptimizerOptions: Sendable, Equatable {
  public var name: OptimizerName
  /// The peak of the schedule.
  public var learningRate: Double
  public var firstBeta: Double
  public var secondBeta: Double
  public var epsilon: Double
  /// Decoupled; biases and layer norms are exempt.
  public var weightDecay: Double
  /// The gradient's global L2 norm is clipped to it before each step.
  public var maxGradNorm: Double
}

public enum ScheduleName: String, Sendable, CaseIterable { case linear, constant }

public struct ScheduleOptions: Sendable, Equatable {
  /// After the warm-up: `linear` falls to 0 at the last step, `constant` stays.
  public var name: ScheduleName
  /// Share of all steps, rounded up, in which the rate rises linearly from 0.
  public var warmup: Double
}

/// When a stage has done enough.
public enum StageLimit: Sendable, Equatable {
  case epochs(Int)
  /// Optimiser steps.
  case steps(Int)
  /// Tokens of the corpus seen, [CLS] and [SEP] counted.
  case tokens(Int)
}

public enum CheckpointSpacing: Sendable, Equatable {
  case minutes(Double)
  case steps(Int)
}

/// Which epoch's weights a fine-tuning hands on.
public enum ModelSelection: String, Sendable, CaseIterable {
  case evalLoss = "eval_loss"
  case accuracy
  case last
}

/// Parameters that are not trained.
public enum FrozenGroup: Sendable, Equatable, Hashable, CustomStringConvertible {
  case embeddings
  case wordEmbeddings
  case positionEmbeddings
  case tokenTypeEmbeddings
  /// All blocks.
  case encoder
  /// One block, counted from 0.
  case layer(Int)

  static let names = [
    "embeddings", "word_embeddings", "position_embeddings", "token_type_embeddings", "encoder",
    "layers.0",
  ]

  init?(_ text: String) {
    switch text {
    case "embeddings": self = .embeddings
    case "word_embeddings": self = .wordEmbeddings
    case "position_embeddings": self = .positionEmbeddings
    case "token_type_embeddings": self = .tokenTypeEmbeddings
    case "encoder": self = .encoder
    default:
      guard text.hasPrefix("layers."), let index = Scalars.integer(String(text.dropFirst(7))),
        index >= 0
      else { return nil }
      self = .layer(index)
    }
  }

  /// Whether it holds the parameter of this path (`embeddings.words`, `encoder.layer.0.…`).
  public func covers(parameter path: String) -> Bool {
    switch self {
    case .embeddings: path.hasPrefix("embeddings.")
    case .wordEmbeddings: path == "embeddings.words"
    case .positionEmbeddings: path == "embeddings.positions"
    case .tokenTypeEmbeddings: path == "embeddings.token_types"
    case .encoder: path.hasPrefix("encoder.")
    case .layer(let index): path.hasPrefix("encoder.layer.\(index).")
    }
  }

  public var description: String {
    switch self {
    case .embeddings: "embeddings"
    case .wordEmbeddings: "word_embeddings"
    case .positionEmbeddings: "position_embeddings"
    case .tokenTypeEmbeddings: "token_type_embeddings"
    case .encoder: "encoder"
    case .layer(let index): "layers.\(index)"
    }
  }
}

/// What `pretrain`, `distill` and `finetune` have in common.
public struct TrainingOptions: Sendable, Equatable {
  /// Longest sequence in tokens, [CLS] and [SEP] counted.
  public var sequenceLength: Int
  public var batching: BatchingOptions
  public var optimizer: OptimizerOptions
  public var schedule: ScheduleOptions
  public var freeze: [FrozenGroup]
  public var limit: StageLimit
  public var checkpointEvery: CheckpointSpacing
  /// Of order, masking, dropout and a new head.
  public var seed: UInt64
}
