// Adam with decoupled weight decay: its rules and its state.
import Glibc
import Layers

/// The constants of AdamW.
public struct AdamWConfiguration: Sendable, Equatable {
  public var beta1: Double
  public var beta2: Double
  public var epsilon: Double
  public var weightDecay: Double
  /// Which parameters decay.
  public var decayedKinds: Set<ParameterKind>

  /// - Parameter decayedKinds: weights and embeddings in every named recipe (biases and normalisations
  ///   do not decay).
  public init(
    beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double,
    decayedKinds: Set<ParameterKind> = [.weight, .embedding]
  ) {
    precondition(
      (0..<1).contains(beta1) && (0..<1).contains(beta2) && epsilon > 0 && weightDecay >= 0,
      "AdamW: betas in [0, 1), a positive epsilon and no negative decay")
    (self.beta1, self.beta2) = (beta1, beta2)
    (self.epsilon, self.weightDecay) = (epsilon, weightDecay)
    self.decayedKinds = decayedKinds
  }
}

/// Adam with decoupled weight decay, with bias correction. It owns the moments of the parameters it
/// trains: those that are trainable when it is made.
///
/// A parameter without a gradient is left as it is, decay included, as torch leaves one whose `grad` is None.
/// - Source: Loshchilov, Hutter 2019 (arXiv 1711.05101); torch 2.4.0 `_single_tensor_adamw`.
public final class AdamW {
  public let configuration: AdamWConfiguration
  /// Steps taken so far; to be restored together with the moments.
  public var stepCount = 0
  public let states: [State]
  /// The parameters that are trained.
  public let parameters: [Parameter]
  /// Of the embeddings, by their places among the states; made at the first step, when moments are restored.
  private var idleRows: [Int: IdleRows]?
  /// Of the step being taken; its memory is kept from step to step.
  private var updates: [AdamWUpdate] = []

  /// One parameter with its moments, all of the same size.
  public struct State: @unchecked Sendable {
    public let parameter: Parameter
    /// Running mean of gradients.
    public let firstMoment: AlignedBuffer
    /// Running mean of squared gradients.
    public let secondMoment: AlignedBuffer
  }

  /// - Parameter parameters: those that are not trainable are passed over.
  public init(_ configuration: AdamWConfiguration, parameters: [Parameter]) {
    self.configuration = configuration
    states = parameters.filter(\.isTrainable).map {
      State(
        parameter: $0, firstMoment: AlignedBuffer(count: $0.count),
        secondMoment: AlignedBuffer(count: $0.count))
    }
    self.parameters = states.map(\.parameter)
  }

  /// The moments of the parameter at `path`; nil if there is none.
  public func state(ofParameterAt path: String) -> State? {
    states.first { $0.parameter.path == path }
  }

  /// Length of all gradients together.
  public func gradientNorm(on engine: Engine) -> Double { engine.gradientNorm(of: parameters) }

  public func clearGradients() {
    for state in states { state.parameter.clearGradient() }
  }

  /// Updates every parameter that has a gradient.
  /// - Parameters:
  ///   - learningRate: of this step.
  ///   - gradientScale: what every gradient is multiplied by first: the clipping coefficient, 1 for none.
  public func step(learningRate: Double, gradientScale: Float, on engine: Engine) {
    stepCount += 1
    let decayed = rule(learningRate: learningRate, gradientScale: gradientScale, decays: true)
    let plain = rule(learningRate: learningRate, gradientScale: gradientScale, decays: false)
    let idleRows = self.idleRows ?? findIdleRows()
    self.idleRows = idleRows
    updates.removeAll(keepingCapacity: true)
    for (index, state) in states.enumerated() where state.parameter.hasGradient {
      updates.append(
        AdamWUpdate(
          parameter: state.parameter, firstMoment: state.firstMoment,
          secondMoment: state.secondMoment, idleRows: idleRows[index],
          step: configuration.decayedKinds.contains(state.parameter.kind) ? decayed : plain))
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
  private func rule(learningRate: Double, gradientScale: Float, decays: Bool) -> AdamWStep {
    let (beta1, beta2) = (configuration.beta1, configuration.beta2)
    let t = Double(stepCount)
    return AdamWStep(
      decay: decays ? Float(1 - learningRate * configuration.weightDecay) : 1,
      firstRate: Float(1 - beta1),
      secondDecay: Float(beta2),
      secondRate: Float(1 - beta2),
      secondCorrection: Float((1 - pow(beta2, t)).squareRoot()),
      epsilon: Float(configuration.epsilon),
      negativeStepSize: Float(-(learningRate / (1 - pow(beta1, t)))),
      gradientScale: gradientScale)
  }
}
