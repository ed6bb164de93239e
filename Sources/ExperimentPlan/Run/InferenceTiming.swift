// How long a finished classifier takes over its validation split.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords
import RetortTransformers

/// One sentence at a time, as the paper times its models on a CPU, with weights packed as `predict` has them.
/// Source: Sanh et al. 2019 (arXiv 1910.01108), table 3: a full pass over a development set at batch size 1.
struct InferenceTiming {
  let model: TransformerModel
  let validation: LabelledSequences
  /// The name of the validation split in records.
  let data: String
  let engine: Engine

  /// Sentences before the clock starts.
  private static let warmUp = 32

  /// By which numbers may differ that are computed one at a time, from those recorded with six digits.
  private static let tolerance: Float = 1e-4

  /// - Throws: `RunError.otherAnswers` where the answers are not those that the stage's record has.
  func timing(of stage: RunRecord.Stage, passes: Int) throws -> RunRecord.Timing {
    model.keepPacked()
    let scope = ComputeScope(engine: engine, recording: false)
    func pass(_ examples: LabelledSequences) throws -> ClassificationResult {
      try ClassificationEvaluation.evaluate(model, on: examples, in: scope, batchSize: 1)
    }
    _ = try pass(validation.examples(0..<min(Self.warmUp, validation.count)))
    var seconds: [Double] = []
    for _ in 0..<passes {
      let start = ContinuousClock.now
      let result = try pass(validation)
      seconds.append((.now - start) / .seconds(1))
      let recorded = stage.keptEvaluation
      let differing =
        if let classes = recorded?.predictions?.labels {
          zip(result.predictions, classes).count { $0 != $1 }
        } else {
          zip(result.logits, recorded?.logits ?? []).count {
            ($0 - $1).magnitude > Self.tolerance * max(1, $1.magnitude)
          }
        }
      guard differing == 0 else {
        throw RunError.otherAnswers(stage: stage.id, examples: differing)
      }
    }
    guard let range = MedianRange(seconds) else { preconditionFailure("no pass was made") }
    return RunRecord.Timing(
      name: stage.id, conditions: "inference, \(data), one sentence at a time", steps: passes,
      medianSeconds: range.median, minimumSeconds: range.minimum, maximumSeconds: range.maximum,
      tokensPerStep: Double(validation.sequences.tokenCount),
      peakMemoryBytes: ProcessMemory.peakBytes)
  }
}
