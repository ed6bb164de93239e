// What updates parameters, and the numbers it is made from.
import RetortLayers
import RetortOptions

/// The numbers of an optimizer: what a definition says of it. A new one is a file in Optimizers/ and a line
/// in `Optimizers`.
public protocol OptimizerRule: Sendable, Equatable {
  /// What a definition calls it.
  static var name: String { get }
  /// In a sentence, for the reference.
  static var about: String { get }
  /// Its keys in a definition beside `name`; `learning_rate` and `max_grad_norm` are among them and fill the
  /// properties below.
  static var options: OptionList<Self> { get }
  /// Of its arithmetic. Raise it when the same numbers give another result: finished stages in the cache are then not taken
  /// for those of the new one. 1 is not written into digests.
  static var version: Int { get }
  /// What it keeps of each parameter, in the parameter's shape: names of the checkpoint's groups.
  static var stateNames: [String] { get }

  /// The peak of the schedule.
  var learningRate: Double { get }
  /// Gradients are scaled down to this global L2 norm before each step; infinity leaves them alone.
  var maximumGradientNorm: Double { get }
  /// In words, for explanations: "AdamW, betas 0.9 and 0.999, …".
  var words: String { get }

  /// - Parameter parameters: those that are not trainable are passed over.
  func makeOptimizer(parameters: [Parameter]) -> any Optimizer
}

extension OptimizerRule {
  public static var version: Int { 1 }
}

/// What one training's parameters are updated by, with all that it keeps from step to step.
public protocol Optimizer: AnyObject {
  /// The parameters that are trained.
  var parameters: [Parameter] { get }
  /// Steps taken so far; to be restored together with the states.
  var stepCount: Int { get set }
  /// What it keeps, by the rule's `stateNames`: a buffer a parameter, in the order of `parameters`. Whoever restores
  /// writes into them before the first step.
  func state(named name: String) -> [AlignedBuffer]

  /// Updates every parameter that has a gradient.
  /// - Parameter steps: one a parameter, in the order of `parameters`.
  func step(_ steps: [ParameterStep], on engine: Engine)
}

/// What a step is for one parameter, besides its gradient.
public struct ParameterStep: Sendable, Equatable {
  public var learningRate: Double
  /// Nil for the rule's. Biases and layer norms do not decay in any case.
  public var weightDecay: Double?
  /// What the gradient is multiplied by first: the clipping coefficient, 1 for none.
  public var gradientScale: Float

  public init(learningRate: Double, weightDecay: Double? = nil, gradientScale: Float) {
    (self.learningRate, self.weightDecay) = (learningRate, weightDecay)
    self.gradientScale = gradientScale
  }
}

extension Optimizer {
  /// The same step for all parameters.
  /// - Parameter gradientScale: what every gradient is multiplied by first.
  public func step(learningRate: Double, gradientScale: Float, on engine: Engine) {
    let step = ParameterStep(learningRate: learningRate, gradientScale: gradientScale)
    self.step([ParameterStep](repeating: step, count: parameters.count), on: engine)
  }

  /// Length of all gradients together.
  public func gradientNorm(on engine: Engine) -> Double { engine.gradientNorm(of: parameters) }
}

extension OptimizerRule {
  public func isSame(as other: any OptimizerRule) -> Bool { other as? Self == self }
}
