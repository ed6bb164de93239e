// Adam with weight decay as a part of the gradient: its rules and its state.
import Glibc
import RetortLayers
import RetortOptions

/// The numbers of Adam.
public struct Adam: OptimizerRule {
  public static let name = "adam"
  public static let about =
    "Adam with weight decay as a part of the gradient (Kingma and Ba 2015), as torch has it."
  public static let stateNames = ["first_moment", "second_moment"]

  public var learningRate: Double
  /// Decays of the running means of gradients and of their squares.
  public var betas: [Double]
  public var epsilon: Double
  /// Of weights and embeddings, not of biases and normalisations.
  public var weightDecay: Double
  public var maximumGradientNorm: Double

  public init(
    learningRate: Double, beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
    maximumGradientNorm: Double
  ) {
    precondition(
      (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon > 0 && weightDecay >= 0
        && maximumGradientNorm > 0,
      "Adam: betas in [0, 1), a positive epsilon and bound on the norm, and no negative decay")
    self.learningRate = learningRate
    betas = [beta1, beta2]
    self.epsilon = epsilon
    self.weightDecay = weightDecay
    self.maximumGradientNorm = maximumGradientNorm
  }

  public static let options = OptionList(
    { learningRate, betas, epsilon, weightDecay, maximumGradientNorm in
      Adam(
        learningRate: learningRate, beta1: betas[0], beta2: betas[1], epsilon: epsilon,
        weightDecay: weightDecay, maximumGradientNorm: maximumGradientNorm)
    },
    OptionField(
      "learning_rate", \.learningRate, .number(.notNegative, example: "5.0e-5"),
      "The highest learning rate, reached at the end of the warm-up."),
    OptionField(
      "betas", \.betas,
      .list(of: .number(.belowOne), count: 2, words: "[first, second]")
        .described(example: "[0.9, 0.999]"),
      "Decays of the running means of gradients and of squared gradients."),
    OptionField(
      "epsilon", \.epsilon, .number(.positive, example: "1.0e-8"),
      "Added to the root of the mean square."),
    OptionField(
      "weight_decay", \.weightDecay, .number(.notNegative, example: "0.01"),
      "Times the value, added to the gradient of weights and embeddings."),
    OptionField(
      "max_grad_norm", \.maximumGradientNorm, .number(.positive),
      "The gradient's global L2 norm is clipped to it before each step."))

  public var words: String {
    let plain = PlainNumber.text
    return "Adam, betas \(plain(betas[0])) and \(plain(betas[1])), epsilon \(plain(epsilon)), "
      + (weightDecay == 0
        ? "no weight decay"
        : "weight decay \(plain(weightDecay)) in the gradient (not of biases and layer norms)")
      + (maximumGradientNorm == .infinity
        ? "" : ", gradient norm at most \(plain(maximumGradientNorm))")
  }

  public func makeOptimizer(parameters: [Parameter]) -> any Optimizer {
    AdamOptimizer(self, parameters: parameters)
  }
}

/// Adam with bias correction; the decay is added to the gradient after clipping, so it passes through the moments.
/// A parameter without a gradient is left as it is, decay included.
/// - Source: Kingma, Ba 2015 (arXiv 1412.6980); torch 2.4.0 `_single_tensor_adam`.
public final class AdamOptimizer: Optimizer {
  public let rule: Adam
  public var stepCount = 0
  public let parameters: [Parameter]
  /// With both moments.
  private let updates: [ParameterUpdate]
  /// Of each parameter.
  private let decays: [Float]

  /// - Parameter parameters: those that are not trainable are passed over.
  public init(_ rule: Adam, parameters: [Parameter]) {
    self.rule = rule
    let trained = parameters.filter(\.isTrainable)
    self.parameters = trained
    updates = trained.map { parameter in
      ParameterUpdate(
        parameter: parameter,
        states: Adam.stateNames.map { _ in AlignedBuffer(count: parameter.count) })
    }
    decays = trained.map { AdamW.decayedKinds.contains($0.kind) ? Float(rule.weightDecay) : 0 }
  }

  public func state(named name: String) -> [AlignedBuffer] {
    guard let index = Adam.stateNames.firstIndex(of: name) else {
      preconditionFailure("Adam keeps no \(name)")
    }
    return updates.map { $0.states[index] }
  }

  public func step(learningRate: Double, gradientScale: Float, on engine: Engine) {
    stepCount += 1
    let step = Step(rule, stepCount, learningRate: learningRate, gradientScale: gradientScale)
    engine.update(updates) { step.take($0, decay: decays[$0.update]) }
  }

  /// The numbers of one step: corrections and factors in double precision, rounded once.
  private struct Step {
    let firstRate, secondDecay, secondRate, secondCorrection, epsilon: Float
    let negativeStepSize, gradientScale: Float

    init(_ rule: Adam, _ count: Int, learningRate: Double, gradientScale: Float) {
      let (beta1, beta2) = (rule.betas[0], rule.betas[1])
      let t = Double(count)
      firstRate = Float(1 - beta1)
      secondDecay = Float(beta2)
      secondRate = Float(1 - beta2)
      secondCorrection = Float((1 - pow(beta2, t)).squareRoot())
      epsilon = Float(rule.epsilon)
      negativeStepSize = Float(-(learningRate / (1 - pow(beta1, t))))
      self.gradientScale = gradientScale
    }

    /// Every operation in torch's order, fused where torch's vector code fuses.
    func take(_ stretch: UpdateStretch, decay: Float) {
      let (p, m, v) = (stretch.values, stretch.state(0), stretch.state(1))
      for i in 0..<stretch.count {
        var g = stretch.gradient[i] * gradientScale
        if decay != 0 { g = g.addingProduct(decay, p[i]) }
        m[i] = m[i].addingProduct(firstRate, g - m[i])
        v[i] = (v[i] * secondDecay).addingProduct(secondRate * g, g)
        let denominator = v[i].squareRoot() / secondCorrection + epsilon
        p[i] += (negativeStepSize * m[i]) / denominator
      }
    }
  }
}
