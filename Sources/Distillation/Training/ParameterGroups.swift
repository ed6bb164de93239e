// How each parameter of a training is updated: its learning rate, its decay, and whether it is clipped.
import RetortTransformers

/// The parameters of an optimizer, those of the model and those of terms, each with what differs between groups of them. It has no
/// state: a training that is gone on with makes the same again.
struct ParameterGroups {
  /// Peaks of the learning rate, in the order of the optimizer's parameters.
  private let peaks: [Double]
  /// Nil for the optimizer's.
  private let decays: [Double?]
  private let isClipped: [Bool]
  private let clipped: [Parameter]
  private let apart: [Parameter]

  /// - Parameters:
  ///   - parameters: the optimizer's.
  ///   - terms: parameters of each term, and how they are trained; nil for as the model's.
  init(
    of parameters: [Parameter], _ optimization: OptimizationSettings, in model: TransformerModel,
    terms: some Sequence<([Parameter], TermTraining?)>
  ) {
    var own: [ObjectIdentifier: TermTraining] = [:]
    for (parameters, training) in terms {
      for parameter in parameters { own[ObjectIdentifier(parameter)] = training }
    }
    let trainings = parameters.map { own[ObjectIdentifier($0)] }
    let peaks = optimization.rates.peaks(
      of: parameters, over: optimization.optimizer.learningRate, in: model)
    self.peaks = zip(trainings, peaks).map { $0?.learningRate ?? $1 }
    decays = trainings.map { $0?.weightDecay }
    isClipped = trainings.map { $0?.isClipped ?? true }
    clipped = zip(parameters, isClipped).filter(\.1).map(\.0)
    apart = zip(parameters, isClipped).filter { !$0.1 }.map(\.0)
  }

  /// Length of the gradients that are clipped, together.
  func gradientNorm(on engine: Engine) -> Double { engine.gradientNorm(of: clipped) }

  /// Length of those that are not, together; nil where there are none.
  func gradientNormApart(on engine: Engine) -> Double? {
    apart.isEmpty ? nil : engine.gradientNorm(of: apart)
  }

  /// - Parameters:
  ///   - factor: of the schedule.
  ///   - gradientScale: the clipping coefficient.
  func steps(factor: Double, gradientScale: Float) -> [ParameterStep] {
    peaks.indices.map { i in
      ParameterStep(
        learningRate: peaks[i] * factor, weightDecay: decays[i],
        gradientScale: isClipped[i] ? gradientScale : 1)
    }
  }
}
