// How long a training goes on, how its parameters are updated and when it is saved.
// Whoever trains names an optimizer and a schedule.
@_exported import Optimization

/// How the parameters of a training are updated.
public struct OptimizationSettings: Sendable, Equatable {
  /// With the highest learning rate, reached at the end of warm-up.
  public var optimizer: any OptimizerRule
  /// Steps in which the learning rate rises linearly from 0.
  public var warmup: Warmup
  /// What follows the warm-up.
  public var schedule: any LearningRateSchedule

  public init(
    optimizer: any OptimizerRule, warmup: Warmup, schedule: any LearningRateSchedule
  ) {
    self.optimizer = optimizer
    self.warmup = warmup
    self.schedule = schedule
  }

  /// The learning rate of every step.
  public func learningRate(totalSteps: Int) -> LearningRate {
    LearningRate(
      peak: optimizer.learningRate, warmupSteps: warmup.steps(of: totalSteps),
      totalSteps: totalSteps, schedule: schedule)
  }

  public static func == (a: OptimizationSettings, b: OptimizationSettings) -> Bool {
    a.warmup == b.warmup && a.optimizer.isSame(as: b.optimizer)
      && a.schedule.isSame(as: b.schedule)
  }
}

/// When a stage ends.
public enum TrainingLimit: Sendable, Equatable {
  case epochs(Int)
  /// Optimizer steps.
  case steps(Int)
  /// With the step in which this many tokens have been seen.
  case tokens(Int)

  /// Optimizer steps in all.
  /// - Parameters:
  ///   - stepsPerEpoch: of the data and batching at hand.
  ///   - tokensOfSteps: tokens of each step of an epoch, counted from 0.
  func steps(perEpoch stepsPerEpoch: Int, tokensOfSteps: (_ epoch: Int) -> [Int]) -> Int {
    switch self {
    case .epochs(let epochs): return epochs * stepsPerEpoch
    case .steps(let steps): return steps
    case .tokens(let limit):
      guard stepsPerEpoch > 0 else { return 0 }
      var (steps, tokens, epoch) = (0, 0, 0)
      while tokens < limit {
        for count in tokensOfSteps(epoch) where tokens < limit {
          tokens += count
          steps += 1
        }
        epoch += 1
      }
      return steps
    }
  }
}

/// When checkpoints are written besides the end of an epoch and of the stage.
public enum CheckpointInterval: Sendable, Equatable {
  case never
  case minutes(Double)
  case steps(Int)
}
