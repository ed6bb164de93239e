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
  /// - Parameters:
  ///   - learningRates: of this step, one a parameter in the order of `parameters`.
  ///   - gradientScale: what every gradient is multiplied by first: the clipping coefficient, 1 for none.
  func step(learningRates: [Double], gradientScale: Float, on engine: Engine)
}

extension Optimizer {
  /// The same with one learning rate for all parameters.
  public func step(learningRate: Double, gradientScale: Float, on engine: Engine) {
    step(
      learningRates: [Double](repeating: learningRate, count: parameters.count),
      gradientScale: gradientScale, on: engine)
  }

  /// Length of all gradients together.
  public func gradientNorm(on engine: Engine) -> Double { engine.gradientNorm(of: parameters) }
}

extension OptimizerRule {
  public func isSame(as other: any OptimizerRule) -> Bool { other as? Self == self }
}
