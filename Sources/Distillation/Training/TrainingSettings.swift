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
  /// Steps of linear warm-up from 0; linear decay to 0 follows.
  public var warmup: Warmup

  public enum Warmup: Sendable, Equatable {
    case steps(Int)
    /// A share of all steps, rounded up.
    case fraction(Double)

    func steps(of total: Int) -> Int {
      switch self {
      case .steps(let steps): steps
      case .fraction(let fraction): Int((Double(total) * fraction).rounded(.up))
      }
    }
  }

  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
    maximumGradientNorm: Double?, warmup: Warmup
  ) {
    self.learningRate = learningRate
    self.beta1 = beta1
    self.beta2 = beta2
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.maximumGradientNorm = maximumGradientNorm
    self.warmup = warmup
  }
}

/// When a stage ends: after whole epochs or, within them, after a number of optimizer steps.
public enum TrainingLimit: Sendable, Equatable {
  case epochs(Int)
  case steps(Int)

  /// Optimizer steps in all.
  /// - Parameter stepsPerEpoch: of the data and batching at hand.
  public func steps(perEpoch stepsPerEpoch: Int) -> Int {
    switch self {
    case .epochs(let epochs): epochs * stepsPerEpoch
    case .steps(let steps): steps
    }
  }
}

/// When checkpoints are written besides the end of an epoch and of the stage.
public enum CheckpointInterval: Sendable, Equatable {
  case never
  case minutes(Double)
  case steps(Int)
}
