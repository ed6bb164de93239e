// The numbers that optimizers with Adam's two moments share.
import RetortLayers
import RetortOptions

/// What a definition says of Adam and AdamW alike: rates, decays and the bound on the gradient's norm.
public struct AdamNumbers: Sendable, Equatable {
  /// The peak of the schedule.
  public var learningRate: Double
  /// Decays of the running means of gradients and of their squares.
  public var betas: [Double]
  public var epsilon: Double
  /// Of weights and embeddings, not of biases and normalisations.
  public var weightDecay: Double
  /// The gradient's global L2 norm is clipped to it before each step; infinity leaves gradients alone.
  public var maximumGradientNorm: Double

  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
    maximumGradientNorm: Double
  ) {
    precondition(
      (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon > 0 && weightDecay >= 0
        && maximumGradientNorm > 0,
      "betas in [0, 1), a positive epsilon and bound on the norm, and no negative decay")
    self.learningRate = learningRate
    betas = [beta1, beta2]
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.maximumGradientNorm = maximumGradientNorm
  }

  /// The kinds of parameters that decay.
  public static let decayedKinds: Set<ParameterKind> = [.weight, .embedding]

  /// The weight decay of a parameter in a step; 0 for a kind that does not decay.
  func decay(of parameter: Parameter, _ step: ParameterStep) -> Double {
    Self.decayedKinds.contains(parameter.kind) ? step.weightDecay ?? weightDecay : 0
  }

  /// Their keys in a definition.
  /// - Parameter decay: what the weight decay does, in a sentence.
  static func options(decay: String) -> OptionList<AdamNumbers> {
    OptionList(
      { learningRate, betas, epsilon, weightDecay, maximumGradientNorm in
        AdamNumbers(
          learningRate: learningRate, beta1: betas[0], beta2: betas[1], epsilon: epsilon,
          weightDecay: weightDecay, maximumGradientNorm: maximumGradientNorm)
      },
      OptionField(
        "learning_rate", \.learningRate, .number(.notNegative, example: "5.0e-5"),
        "The highest learning rate, reached at the end of the warm-up."),
      OptionField(
        "betas", \.betas,
        .list(
          of: .number(.belowOne), ListRule(least: 2, most: 2, oneAlone: false),
          words: "a list of 2 numbers"
        )
        .described(example: "[0.9, 0.999]"),
        "Decays of the running means of gradients and of squared gradients."),
      OptionField(
        "epsilon", \.epsilon, .number(.positive, example: "1.0e-8"),
        "Added to the root of the mean square."),
      OptionField(
        "weight_decay", \.weightDecay, .number(.notNegative, example: "0.01"), decay),
      OptionField(
        "max_grad_norm", \.maximumGradientNorm, .number(.positive),
        "The gradient's global L2 norm is clipped to it before each step."))
  }

  /// In words, for explanations.
  /// - Parameters:
  ///   - name: the optimizer's.
  ///   - decay: where the weight decay is and is not applied.
  func words(_ name: String, decay: String) -> String {
    let plain = PlainNumber.text
    return "\(name), betas \(plain(betas[0])) and \(plain(betas[1])), epsilon \(plain(epsilon)), "
      + (weightDecay == 0 ? "no weight decay" : "weight decay \(plain(weightDecay)) \(decay)")
      + (maximumGradientNorm == .infinity
        ? "" : ", gradient norm at most \(plain(maximumGradientNorm))")
  }
}

/// The numbers of an optimizer with Adam's moments.
public protocol AdamRule: OptimizerRule {
  var numbers: AdamNumbers { get set }
  init(numbers: AdamNumbers)
}

extension AdamRule {
  public static var stateNames: [String] { ["first_moment", "second_moment"] }

  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
    maximumGradientNorm: Double
  ) {
    self.init(
      numbers: AdamNumbers(
        learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
        weightDecay: weightDecay, maximumGradientNorm: maximumGradientNorm))
  }

  public var learningRate: Double { numbers.learningRate }
  public var maximumGradientNorm: Double { numbers.maximumGradientNorm }
}
