// How long a training goes on, how its parameters are updated and when it is saved.
// Whoever trains names an optimizer and a schedule.
@_exported import RetortOptimization
import RetortText

/// How the parameters of a training are updated.
public struct OptimizationSettings: Sendable, Equatable {
  /// With the highest learning rate, reached at the end of warm-up.
  public var optimizer: any OptimizerRule
  /// Steps in which the learning rate rises linearly from 0.
  public var warmup: Warmup
  /// What follows the warm-up.
  public var schedule: any LearningRateSchedule
  /// Peaks of groups that are not the optimizer's.
  public var rates: LayerRates

  /// The defaults are those of transformers' Trainer.
  public init(
    optimizer: any OptimizerRule, warmup: Warmup = .steps(0),
    schedule: any LearningRateSchedule = LinearSchedule(), rates: LayerRates = LayerRates()
  ) {
    self.optimizer = optimizer
    self.warmup = warmup
    self.schedule = schedule
    self.rates = rates
  }

  /// The learning rate of every step, of groups that have the optimizer's peak.
  public func learningRate(totalSteps: Int) -> LearningRate {
    LearningRate(
      peak: optimizer.learningRate, warmupSteps: warmup.steps(of: totalSteps),
      totalSteps: totalSteps, schedule: schedule)
  }

  public static func == (a: OptimizationSettings, b: OptimizationSettings) -> Bool {
    a.warmup == b.warmup && a.rates == b.rates && a.optimizer.isSame(as: b.optimizer)
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

  /// Optimizer steps of a whole training; nil where they depend on the lengths of the sequences.
  public func steps(perEpoch stepsPerEpoch: Int) -> Int? {
    switch self {
    case .epochs(let epochs): epochs.multipliedClamping(by: stepsPerEpoch)
    case .steps(let steps): steps
    case .tokens: nil
    }
  }
}

/// When checkpoints are written besides the end of an epoch and of the stage.
public enum CheckpointInterval: Sendable, Equatable {
  case never
  case minutes(Double)
  case steps(Int)
}

/// How many steps a point of the loss curve is the mean of.
public enum CurveSpacing: Sendable, Equatable {
  case steps(Int)
  /// As many as give about this number of points, at least one.
  case points(Int)

  public func steps(of total: Int) -> Int {
    switch self {
    case .steps(let steps): steps
    case .points(let points): max(1, total / points)
    }
  }
}

/// The numbers of a training, the same for every kind of it.
public struct TrainingSettings: Sendable, Equatable {
  public var objective: Objective
  public var optimization: OptimizationSettings
  /// Sequences of one forward pass.
  public var batchSize: Int
  /// Batches whose gradients make one step. Each term is the mean over what it is taken on in all of them.
  public var accumulation: Int
  public var limit: TrainingLimit
  /// Of order, masking, dropout and the terms' own parameters.
  public var seed: UInt64
  public var curve: CurveSpacing
  /// Steps from one breakdown of the gradient by term to the next, the first step having one; nil for none. The
  /// training is the same to the bit.
  public var breakdownSteps: Int?

  public init(
    objective: Objective, optimization: OptimizationSettings, batchSize: Int,
    accumulation: Int = 1, limit: TrainingLimit, seed: UInt64, curve: CurveSpacing = .points(60),
    breakdownSteps: Int? = nil
  ) {
    precondition(
      batchSize > 0 && accumulation > 0, "batches of \(batchSize), \(accumulation) a step")
    precondition(breakdownSteps ?? 1 > 0, "a breakdown every \(breakdownSteps ?? 0) steps")
    self.objective = objective
    self.optimization = optimization
    self.batchSize = batchSize
    self.accumulation = accumulation
    self.limit = limit
    self.seed = seed
    self.curve = curve
    self.breakdownSteps = breakdownSteps
  }

  /// Optimizer steps of an epoch over `count` sequences. An epoch's last batch may be smaller, and its last step may
  /// take fewer batches; nothing is dropped.
  public func stepsPerEpoch(of count: Int) -> Int {
    Self.stepsPerEpoch(of: count, batchSize: batchSize, accumulation: accumulation)
  }

  /// The same, for settings that are not made yet.
  /// - Parameters:
  ///   - count: sequences of an epoch.
  ///   - batchSize: sequences of a forward pass.
  ///   - accumulation: forward passes of an optimizer step.
  public static func stepsPerEpoch(of count: Int, batchSize: Int, accumulation: Int) -> Int {
    count.dividedRoundingUp(by: batchSize).dividedRoundingUp(by: accumulation)
  }

  /// Optimizer steps of a whole training.
  /// - Parameters:
  ///   - count: sequences of an epoch.
  ///   - order: in which batches an epoch, counted from 0, visits them.
  ///   - length: tokens of a sequence.
  func totalSteps(
    over count: Int, order: (_ epoch: Int) -> EpochOrder, length: (_ sequence: Int) -> Int
  ) -> Int {
    let stepsPerEpoch = stepsPerEpoch(of: count)
    if let steps = limit.steps(perEpoch: stepsPerEpoch) { return steps }
    guard case .tokens(let limit) = limit else { return 0 }
    let tokensPerEpoch = (0..<count).reduce(0) { $0 + length($1) }
    guard stepsPerEpoch > 0, tokensPerEpoch > 0 else { return 0 }
    // Every epoch visits all sequences, in as many steps.
    var epoch = max(0, limit - 1) / tokensPerEpoch
    var (steps, tokens) = (epoch * stepsPerEpoch, epoch * tokensPerEpoch)
    while tokens < limit {
      // Orders are drawn for 32 bits of epochs; no training sees a later one.
      for count in order(min(epoch, Int(Int32.max))).tokensOfGroups(
        of: accumulation, lengthOf: length)
      where tokens < limit {
        tokens += count
        steps += 1
      }
      epoch += 1
    }
    return steps
  }
}

extension Int {
  /// How many parts of at most `size` it makes.
  public func dividedRoundingUp(by size: Int) -> Int { self / size + (self % size == 0 ? 0 : 1) }

  /// The product, or the largest number where that is too large for one.
  public func multipliedClamping(by other: Int) -> Int {
    let (product, isTooLarge) = multipliedReportingOverflow(by: other)
    return isTooLarge ? .max : product
  }
}
