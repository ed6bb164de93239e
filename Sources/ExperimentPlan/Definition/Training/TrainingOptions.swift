// The options of every training stage: batches, optimizer, schedule, limits.
import RetortDistillation
import RetortOptions

/// What `pretrain`, `distill` and `finetune` have in common.
public struct TrainingOptions: Sendable, Equatable {
  /// Longest sequence in tokens, [CLS] and [SEP] counted.
  public var sequenceLength: Int
  public var batching: BatchingOptions
  public var optimizer: OptimizerOptions
  public var schedule: ScheduleOptions
  public var freeze: [FrozenGroup]
  public var limit: TrainingLimit
  public var checkpointEvery: CheckpointInterval
  /// Of order, masking, dropout and a new head.
  public var seed: UInt64

  /// - Parameter kind: whose recipes a message names.
  static func options(of kind: StageKind) -> OptionList<TrainingOptions> {
    let recipes = Recipe.names(for: kind).joined(separator: " or ")
    let advice = "write it, or name a recipe (\(recipes))"
    return OptionList(
      TrainingOptions.init(
        sequenceLength:batching:optimizer:schedule:freeze:limit:checkpointEvery:seed:),
      OptionField(
        "sequence_length", \.sequenceLength, .integer(atLeast: 3, example: "128"),
        "Longest sequence in tokens, [CLS] and [SEP] counted. Longer ones are cut.",
        advice: advice),
      OptionField(
        "batching", \.batching, .map(BatchingOptions.options),
        "How sequences become steps. Its keys may stand directly in the stage.", advice: advice),
      OptionField(
        "optimizer", \.optimizer, .map(OptimizerOptions.options),
        "How gradients change the weights. Its keys may stand directly in the stage.",
        advice: advice),
      OptionField(
        "schedule", \.schedule, .map(ScheduleOptions.options),
        "The learning rate over the stage. Its keys may stand directly in the stage.",
        advice: advice),
      OptionField(
        "freeze", \.freeze,
        .list(of: FrozenGroup.type, words: "a list of parameters ([] trains everything)"),
        "Parameters that are not trained.", advice: advice),
      OptionField(
        "limit", \.limit, TrainingLimit.type, "When the stage ends.", advice: advice),
      OptionField(
        "checkpoint_every", \.checkpointEvery, CheckpointInterval.type,
        "How often a checkpoint is written, besides the end of an epoch. No result depends on it."),
      OptionField(
        "seed", \.seed, .seed,
        "Seed of data order, masking, dropout and a new head. Default: the experiment's seed."
      ).filledBeforehand
    ).checked { _, map in
      if case .standard? = map.node("seed")?.origin {
        (map.collector as? DefinitionDecoding)?.inheritedSeeds.insert(map.path)
      }
    }
  }
}
