// Adam with decoupled weight decay: its rules and its state.
import Glibc
import RetortLayers
import RetortOptions

/// The numbers of Adam with decoupled weight decay; `AdamWOptimizer` takes its steps.
public struct AdamW: AdamRule {
  public static let name = "adamw"
  public static let about =
    "Adam with decoupled weight decay (Loshchilov and Hutter 2019), as torch has it."
  public static let options = OptionList(
    AdamW.init(numbers:),
    OptionField(
      \.numbers,
      AdamNumbers.options(
        decay: "Decoupled decay of weights and embeddings; biases and layer norms do not decay.")))

  public var numbers: AdamNumbers

  public init(numbers: AdamNumbers) { self.numbers = numbers }

  /// The defaults are torch's; without a bound gradients are not clipped.
  public init(
    learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, maximumGradientNorm: Double = .infinity
  ) {
    numbers = AdamNumbers(
      learningRate: learningRate, beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, maximumGradientNorm: maximumGradientNorm)
  }

  public var words: String {
    numbers.words("AdamW", decay: "(not on biases and layer norms)")
  }

  public func makeOptimizer(parameters: [Parameter]) -> any Optimizer {
    AdamWOptimizer(self, parameters: parameters)
  }
}

/// Adam with decoupled weight decay, with bias correction. It owns the moments of the parameters it
/// trains: those that are trainable when it is made.
///
/// A parameter without a gradient is left as it is, decay included, as torch leaves one whose `grad` is None.
/// - Source: Loshchilov, Hutter 2019 (arXiv 1711.05101); torch 2.4.0 `_single_tensor_adamw`.
public final class AdamWOptimizer: AdamStates {
  public typealias Rule = AdamW

  public let rule: AdamW
  public var stepCount = 0
  public let states: [AdamMoments]
  public let parameters: [Parameter]
  /// Of the embeddings, by their places among the states; made at the first step, when moments are restored.
  private var idleRows: [Int: IdleRows]?
  /// Of the step being taken; its memory is kept from step to step.
  private var updates: [AdamWUpdate] = []

  /// - Parameter parameters: those that are not trainable are passed over.
  public init(_ rule: AdamW, parameters: [Parameter]) {
    self.rule = rule
    states = AdamMoments.of(parameters)
    self.parameters = states.map(\.parameter)
  }

  public func step(_ steps: [ParameterStep], on engine: Engine) {
    precondition(steps.count == states.count, "a step for each parameter")
    stepCount += 1
    let idleRows = self.idleRows ?? findIdleRows()
    self.idleRows = idleRows
    updates.removeAll(keepingCapacity: true)
    for (index, state) in states.enumerated() where state.parameter.hasGradient {
      updates.append(
        AdamWUpdate(
          parameter: state.parameter, firstMoment: state.firstMoment,
          secondMoment: state.secondMoment, idleRows: idleRows[index],
          step: numbers(steps[index], of: state.parameter)))
    }
    engine.adamW(updates)
  }

  private func findIdleRows() -> [Int: IdleRows] {
    var found: [Int: IdleRows] = [:]
    for (index, state) in states.enumerated() where state.parameter.kind == .embedding {
      found[index] = IdleRows(
        rows: state.parameter.rows, columns: state.parameter.columns,
        firstMoment: state.firstMoment, secondMoment: state.secondMoment)
    }
    return found
  }

  /// The numbers of step `stepCount`: corrections and factors in double precision, rounded once.
  private func numbers(_ step: ParameterStep, of parameter: Parameter) -> AdamWStep {
    let learningRate = step.learningRate
    let (beta1, beta2) = (rule.numbers.betas[0], rule.numbers.betas[1])
    let t = Double(stepCount)
    return AdamWStep(
      decay: Float(1 - learningRate * rule.numbers.decay(of: parameter, step)),
      firstRate: Float(1 - beta1),
      secondDecay: Float(beta2),
      secondRate: Float(1 - beta2),
      secondCorrection: Float((1 - pow(beta2, t)).squareRoot()),
      epsilon: Float(rule.numbers.epsilon),
      negativeStepSize: Float(-(learningRate / (1 - pow(beta1, t)))),
      gradientScale: step.gradientScale)
  }
}
