// Adam with weight decay as a part of the gradient: its rules and its state.
import Glibc
import RetortLayers
import RetortOptions

/// The numbers of Adam with an L2 penalty; `AdamOptimizer` takes its steps.
public struct Adam: AdamRule {
  public static let name = "adam"
  public static let about =
    "Adam with weight decay as a part of the gradient (Kingma and Ba 2015), as torch has it."
  public static let options = OptionList(
    Adam.init(numbers:),
    OptionField(
      \.numbers,
      AdamNumbers.options(
        decay:
          "L2 penalty: this number times each weight or embedding is added to its gradient; biases and layer norms "
          + "do not decay.")))

  public var numbers: AdamNumbers

  public init(numbers: AdamNumbers) { self.numbers = numbers }

  public var words: String {
    numbers.words("Adam", decay: "in the gradient (not of biases and layer norms)")
  }

  public func makeOptimizer(parameters: [Parameter]) -> any Optimizer {
    AdamOptimizer(self, parameters: parameters)
  }
}

/// Adam with bias correction; the decay is added to the gradient after clipping, so it passes through the moments.
/// A parameter without a gradient is left as it is, decay included.
/// - Source: Kingma, Ba 2015 (arXiv 1412.6980); torch 2.4.0 `_single_tensor_adam`.
public final class AdamOptimizer: AdamStates {
  public typealias Rule = Adam

  public let rule: Adam
  public var stepCount = 0
  public let states: [AdamMoments]
  public let parameters: [Parameter]
  private let updates: [ParameterUpdate]

  /// - Parameter parameters: those that are not trainable are passed over.
  public init(_ rule: Adam, parameters: [Parameter]) {
    self.rule = rule
    states = AdamMoments.of(parameters)
    self.parameters = states.map(\.parameter)
    updates = states.map {
      ParameterUpdate(parameter: $0.parameter, states: [$0.firstMoment, $0.secondMoment])
    }
  }

  public func step(_ steps: [ParameterStep], on engine: Engine) {
    precondition(steps.count == states.count, "a step for each parameter")
    stepCount += 1
    let steps = zip(steps, parameters).map { Step(rule.numbers, stepCount, $0, of: $1) }
    engine.update(updates) { steps[$0.update].take($0) }
  }

  /// The numbers of one step of a parameter: corrections and factors in double precision, rounded once.
  private struct Step {
    let decay, firstRate, secondDecay, secondRate, secondCorrection, epsilon: Float
    let negativeStepSize, gradientScale: Float

    init(_ numbers: AdamNumbers, _ count: Int, _ step: ParameterStep, of parameter: Parameter) {
      let (beta1, beta2) = (numbers.betas[0], numbers.betas[1])
      let t = Double(count)
      decay = Float(numbers.decay(of: parameter, step))
      firstRate = Float(1 - beta1)
      secondDecay = Float(beta2)
      secondRate = Float(1 - beta2)
      secondCorrection = Float((1 - pow(beta2, t)).squareRoot())
      epsilon = Float(numbers.epsilon)
      negativeStepSize = Float(-(step.learningRate / (1 - pow(beta1, t))))
      gradientScale = step.gradientScale
    }

    /// Every operation in torch's order, fused where torch's vector code fuses.
    func take(_ stretch: UpdateStretch) {
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
