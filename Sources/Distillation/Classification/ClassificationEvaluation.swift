import RetortEvaluation
import RetortText
import RetortTransformers

/// Runs a classifier, or a regression, over examples in order, without dropout.
public enum ClassificationEvaluation {
  /// Sentences computed at a time. No padding depends on it, so it is a matter of speed alone.
  public static let batchSize = 32

  /// An example whose scores are infinite or not numbers is an error: no class would be the most probable.
  /// - Parameters:
  ///   - model: with a classification head; one with a single output is a regression.
  ///   - examples: in the order the predictions come out.
  ///   - scope: forward-only; its memory is reset before every batch, and kept from one evaluation to the next.
  ///   - batchSize: sentences computed at a time.
  ///   - metrics: what is computed of the answers where there are labels.
  ///   - labelSmoothing: of the loss, as it was trained with: the Trainer's evaluation has it too. Classes have no
  ///     weights here.
  public static func evaluate(
    _ model: TransformerModel, on examples: LabelledSequences, in scope: ComputeScope,
    batchSize: Int = batchSize, metrics: [any Metric.Type] = [Accuracy.self],
    labelSmoothing: Double = 0
  ) throws(EvaluationError) -> ClassificationResult {
    precondition(!scope.isRecording, "an evaluation has no use for a tape")
    let isRegression = model.configuration.isRegression
    precondition(
      isRegression ? examples.labels == nil : examples.numbers == nil,
      "labels of another kind than the model's answers")
    var result = ClassificationResult(
      loss: .nan, correct: isRegression ? nil : 0, predictions: [], logits: [])
    var losses: [Double] = []
    try compute(model, examples.sequences, in: scope, batchSize: batchSize) {
      indices, logits, values in
      if !isRegression {
        for row in 0..<logits.rows {
          let scores = values[row * logits.columns..<(row + 1) * logits.columns]
          let best = scores.indices.reduce(scores.startIndex) { scores[$1] > scores[$0] ? $1 : $0 }
          result.predictions.append(best - scores.startIndex)
        }
      }
      result.logits += values
      if let labels = examples.labels {
        losses += scope.crossEntropy(
          logits: logits, labels: indices.map { labels[$0] }, labelSmoothing: labelSmoothing,
          gradientScale: 0)
      } else if let numbers = examples.numbers {
        losses += scope.squaredError(
          student: logits,
          teacher: scope.input(indices.map { numbers[$0] }, rows: logits.rows, columns: 1),
          gradientScale: 0)
      }
    }
    // Of no example nothing can be said.
    if examples.hasLabels, examples.count > 0 {
      // In groups of one size, so that no bit of the sum depends on how many are computed at a time.
      let totalLoss = stride(from: 0, to: losses.count, by: Self.batchSize).reduce(0) {
        sum, first in
        sum + losses[first..<min(first + Self.batchSize, losses.count)].reduce(0, +)
      }
      result.loss = totalLoss / Double(examples.count)
      guard totalLoss.isFinite else { throw .lossNotFinite(result.loss) }
      result.take(metrics, of: examples)
    }
    return result
  }
}

extension ClassificationEvaluation {
  /// Calls `use` with each batch of sequences in their order: its sequences, its logits [N, K], and these as values.
  private static func compute(
    _ model: TransformerModel, _ sequences: any SequenceSource, in scope: ComputeScope,
    batchSize: Int, _ use: (_ indices: [Int], _ logits: Tensor, _ values: [Float]) -> Void
  ) throws(EvaluationError) {
    for indices in EpochOrder.sequential(count: sequences.count, batchSize: batchSize) {
      scope.reset()
      let logits = try classLogits(of: model, on: PackedBatch(indices, of: sequences), in: scope)
      use(indices, logits, logits.copyValues())
    }
  }

  /// Class logits [N, K] of a batch, all of them finite. The logits of a sequence do not depend on the other sequences of the batch.
  static func classLogits(
    of model: TransformerModel, on batch: PackedBatch, in scope: ComputeScope
  ) throws(EvaluationError) -> Tensor {
    let logits = model.classify(
      tokenIDs: batch.tokenIDs, layout: SequenceLayout(batch), mode: .inference, in: scope)
    for row in 0..<logits.rows {
      let scores = logits.values[row * logits.columns..<(row + 1) * logits.columns]
      guard scores.allSatisfy(\.isFinite) else {
        throw .notFinite(example: batch.examples[row], logits: Array(scores))
      }
    }
    return logits
  }

  /// Class logits [N, K] of sequences without labels, in their order.
  public static func logits(
    of model: TransformerModel, on sequences: any SequenceSource, in scope: ComputeScope
  ) throws(EvaluationError) -> [Float] {
    var all: [Float] = []
    try compute(model, sequences, in: scope, batchSize: batchSize) { _, _, values in all += values }
    return all
  }

  /// The model's answers to texts without labels. Texts of similar length are computed together, which is faster where many
  /// are short; the answers stand in the order of the texts.
  /// - Throws: for the first text that was computed and has no finite answer, by its place among them all.
  public static func answers(
    of model: TransformerModel, to sequences: TokenSequences, in scope: ComputeScope
  ) throws(EvaluationError) -> ClassificationResult {
    let order = sequences.lengths.enumerated().sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map(\.offset)
    let computed: ClassificationResult
    do throws(EvaluationError) {
      computed = try evaluate(
        model, on: LabelledSequences(sequences: sequences.inOrder(order), labels: nil), in: scope)
    } catch {
      guard case .notFinite(let place, let logits) = error else { throw error }
      throw .notFinite(example: order[place], logits: logits)
    }
    var places = order
    for (place, text) in order.enumerated() { places[text] = place }
    let columns = computed.logits.count / max(1, order.count)
    var result = computed
    result.logits = places.flatMap { computed.logits[($0 * columns)..<(($0 + 1) * columns)] }
    if !computed.predictions.isEmpty {
      result.predictions = places.map { computed.predictions[$0] }
    }
    return result
  }
}

extension ClassificationResult {
  /// Compares the answers with the labels of the examples.
  fileprivate mutating func take(_ metrics: [any Metric.Type], of examples: LabelledSequences) {
    if let labels = examples.labels {
      let answers = Answers(predictions: predictions, labels: labels.map { Int($0) })
      correct = answers.correct
      self.metrics = metrics.compactMap { $0 as? any ClassMetric.Type }
        .map { MetricValue(name: $0.name, value: $0.value(of: answers)) }
    } else if let numbers = examples.numbers {
      let answers = Answers(
        predictions: logits.map { Double($0) }, labels: numbers.map { Double($0) })
      self.metrics = metrics.compactMap { $0 as? any NumberMetric.Type }
        .map { MetricValue(name: $0.name, value: $0.value(of: answers)) }
    }
  }
}

/// Why a classifier cannot be evaluated on examples.
public enum EvaluationError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Scores that are infinite or not numbers.
  /// - Parameter example: its number, counted from 0; from 1 in the message.
  case notFinite(example: Int, logits: [Float])
  /// Finite scores so far apart that their loss is beyond all numbers.
  case lossNotFinite(Double)

  public var description: String {
    switch self {
    case .notFinite(let example, let logits):
      "the logits of example \(example + 1) are \(Self.list(logits)), expected finite numbers; the "
        + "model is damaged, or its training has diverged"
    case .lossNotFinite(let loss):
      "the loss is \(loss), expected a finite number; the model is damaged, or its training has "
        + "diverged"
    }
  }

  /// The same of examples that are a part of more.
  /// - Parameter first: the number of the part's first example among them all.
  public func counted(from first: Int) -> EvaluationError {
    switch self {
    case .notFinite(let example, let logits): .notFinite(example: first + example, logits: logits)
    case .lossNotFinite: self
    }
  }

  private static func list(_ logits: [Float]) -> String {
    logits.map { $0.isNaN ? "not a number" : "\($0)" }.joined(separator: " and ")
  }
}
