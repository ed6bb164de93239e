import Text
import Transformers

/// Runs a classifier over examples in order, without dropout.
public enum ClassificationEvaluation {
  /// Sentences computed at a time. No padding depends on it, so it is a matter of speed alone.
  public static let batchSize = 32

  /// - Parameters:
  ///   - model: with a classification head.
  ///   - examples: in the order the predictions come out.
  ///   - scope: forward-only; its memory is reset before every batch, and kept from one evaluation to the next.
  ///   - batchSize: sentences computed at a time.
  public static func evaluate(
    _ model: TransformerModel, on examples: LabelledSequences, in scope: ComputeScope,
    batchSize: Int = batchSize
  ) -> ClassificationResult {
    precondition(!scope.isRecording, "an evaluation has no use for a tape")
    var result = ClassificationResult(loss: .nan, correct: 0, predictions: [], logits: [])
    var totalLoss = 0.0
    for indices in EpochOrder.sequential(count: examples.count, batchSize: batchSize) {
      scope.reset()
      let batch = PackedBatch(indices, of: examples.sequences)
      let logits = model.classify(
        tokenIDs: batch.tokenIDs, layout: SequenceLayout(offsets: batch.offsets),
        mode: .inference, in: scope)
      let values = logits.copyValues()
      for row in 0..<logits.rows {
        let scores = values[row * logits.columns..<(row + 1) * logits.columns]
        let best = scores.indices.reduce(scores.startIndex) { scores[$1] > scores[$0] ? $1 : $0 }
        result.predictions.append(best - scores.startIndex)
      }
      result.logits += values
      if let labels = examples.labels {
        totalLoss += scope.crossEntropy(
          logits: logits, labels: indices.map { labels[$0] }, gradientScale: 0
        ).reduce(0, +)
      }
    }
    if let labels = examples.labels {
      result.loss = totalLoss / Double(examples.count)
      result.correct = zip(labels, result.predictions).count { Int($0) == $1 }
    }
    return result
  }
}
