/// The numbers of a training run that are the same for every kind of it. None has a default here: named
/// recipes and definitions fill them in.
public struct OptimizationSettings: Sendable, Equatable {
  /// Highest learning rate, reached at the end of warm-up.
  public var learningRate: Double
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  /// Decoupled decay of weights and embeddings; biases and normalisation are not decayed.
  public var weightDecay: Double
  /// Gradients are scaled down to this global L2 norm; nil leaves them alone.
  public var maximumGradientNorm: Double?
  /// Steps of linear warm-up from 0.
  public var warmup: Warmup
  /// What follows the warm-up.
  public var decay: Decay

  public enum Decay: String, Sendable, Equatable, CaseIterable {
    /// Linear to 0 at the last step.
    case linear
    case constant
  }

  public enum Warmup: Sendable, Equatable {
    case steps(Int)
    /// A share of all steps, rounded up.
    case fraction(Double)

    /// Steps of a training of `total` steps.
    public func steps(of total: Int) -> Int {
      switch self {
      case .steps(let steps): steps
      case .fraction(let fraction): Int((Double(total) * fraction).rounded(.up))
      }
    }
  }

  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
    maximumGradientNorm: Double?, warmup: Warmup, decay: Decay
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.maximumGradientNorm = maximumGradientNorm
    self.warmup = warmup
    self.decay = decay
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
