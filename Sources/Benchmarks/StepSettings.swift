// How training steps are timed.
import RetortTransformers

/// The numbers of a timing that every job has.
public struct StepSettings: Sendable, Equatable {
  public var batchSize: Int
  /// Measured steps, and those before them.
  public var steps: Int
  public var warmup: Int
  public var age: OptimizerAge
  /// Where the sentences come from, for the result.
  public var data: String
  /// What the result says of the program, by name.
  public var versions: [String: String]

  public init(
    batchSize: Int, steps: Int, warmup: Int, age: OptimizerAge, data: String,
    versions: [String: String]
  ) {
    precondition(batchSize > 0 && steps > 0 && warmup >= 0, "something to measure")
    self.batchSize = batchSize
    self.steps = steps
    self.warmup = warmup
    self.age = age
    self.data = data
    self.versions = versions
  }

  var totalSteps: Int { warmup + steps }
}

/// A model to be timed.
public struct BenchmarkedModel: Sendable {
  /// As it was asked for.
  public let name: String
  public let weights: Weights
  public let model: TransformerModel

  public enum Weights: String, Sendable { case random, stored }

  public init(name: String, weights: Weights, model: TransformerModel) {
    (self.name, self.weights, self.model) = (name, weights, model)
  }

  /// A model with random weights.
  /// - Parameter seed: another one for each model of a benchmark: a student like its teacher has nothing to learn.
  public init(
    name: String, configuration: TransformerConfiguration, heads: Set<ModelPart>, seed: UInt64
  ) {
    let model = TransformerModel(configuration: configuration, heads: heads)
    model.initialize(seed: seed)
    self.init(name: name, weights: .random, model: model)
  }
}
