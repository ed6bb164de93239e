import RetortDistillation
import RetortOptions

/// The options that all stages share, in words.
enum StageOptionsText {
  static func lines(_ training: TrainingOptions) -> [String] {
    let batching = training.batching
    var batches = "batches: \(batching.batchSize) sequences of at most "
    batches += "\(training.sequenceLength) tokens"
    if batching.accumulate > 1 {
      batches += ", \(batching.accumulate) of them a step "
      batches += "(\(batching.batchSize.multipliedClamping(by: batching.accumulate)) sequences)"
    }
    batches += batching.groupByLength ? ", of like length together" : ", in random order"
    let frozen =
      training.freeze.isEmpty
      ? "everything is trained"
      : "frozen: " + training.freeze.map(\.description).joined(separator: ", ")
    return [
      batches,
      "optimizer: \(training.optimization.optimizer.words)",
      frozen,
      "seed \(training.seed); a checkpoint \(training.checkpointEvery.words)",
    ]
  }
}
