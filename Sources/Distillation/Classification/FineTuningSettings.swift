// The numbers of a fine-tuning.

/// None has a default here: named recipes and definitions fill them in.
public struct FineTuningSettings: Sendable, Equatable {
  public var optimization: OptimizationSettings
  public var batchSize: Int
  /// Batches whose gradients make one step. The mean is over all their examples.
  public var accumulation: Int
  public var limit: TrainingLimit
  public var seed: UInt64
  public var order: ExampleOrder
  public var random: RandomSource
  /// Steps between points of the loss curve; the Trainer logs every 500.
  public var window: Int
  public var selectBest: SelectionRule

  public enum ExampleOrder: Sendable, Equatable {
    /// A new permutation every epoch.
    case shuffled
    /// As the data stands, every epoch.
    case sequential
  }

  /// Which epoch's weights a fine-tuning ends with; ties keep the first.
  public enum SelectionRule: String, Sendable, Equatable, CaseIterable {
    case evaluationLoss = "eval_loss"
    case accuracy
    /// The weights after the last step, whatever the evaluations say.
    case last
  }

  public init(
    optimization: OptimizationSettings, batchSize: Int, accumulation: Int, limit: TrainingLimit,
    seed: UInt64, order: ExampleOrder, random: RandomSource, window: Int,
    selectBest: SelectionRule
  ) {
    self.optimization = optimization
    self.batchSize = batchSize
    self.accumulation = accumulation
    self.limit = limit
    self.seed = seed
    self.order = order
    self.random = random
    self.window = window
    self.selectBest = selectBest
  }
}
