// One line of a run's metrics log.

import RetortFiles

/// What a training loop reports as it goes: a step, an account of its loss terms, an epoch's end, an evaluation.
public struct MetricsLine: Codable, Sendable, Equatable {
  public enum Event: String, Codable, Sendable {
    case step, account, epoch, evaluation
  }

  /// Values that every training has. No term of a loss and no metric may be called so.
  public enum Name: String, CaseIterable, Sendable {
    case loss, tokens
    case learningRate = "learning_rate"
    case gradientNorm = "gradient_norm"
    case validationLoss = "validation_loss"
  }

  public var event: Event
  public var stage: String
  /// Optimizer steps done in this stage when it was written.
  public var step: Int
  /// Counted from 1.
  public var epoch: Int
  /// Those of `Name`, and one entry per unweighted loss term or per metric; of an account `gradient_norm.<term>`,
  /// `gradient_cosine.<term>.<term>` and what the terms measured, such as `teacher_entropy`.
  public var values: [String: Double]

  public init(event: Event, stage: String, step: Int, epoch: Int, values: [String: Double]) {
    self.event = event
    self.stage = stage
    self.step = step
    self.epoch = epoch
    self.values = values
  }
}

public enum MetricsError: Error, Equatable, CustomStringConvertible {
  case system(FileError)
  /// The system refused to open, write or read.
  case file(path: String, reason: String)
  /// A line in the middle of the log is not one of ours.
  case damaged(path: String, line: Int, reason: String)

  public var description: String {
    switch self {
    case .system(let error): return error.description
    case .file(let path, let reason): return "\(path): \(reason)"
    case .damaged(let path, let line, let reason):
      return "\(path):\(line): not a line of metrics: \(reason); "
        + "only the last line may be incomplete"
    }
  }
}
