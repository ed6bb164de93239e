// What a fine-tuning is taught with besides the labels.
import Text
import Transformers

/// A teacher's logits of every training example, and how much they count beside the labels:
///
///     loss = w_soft · T² · KL( softmax(t/T) ‖ softmax(s/T) ) + w_labels · CE(labels),  means over the examples of a step
///
/// The teacher does not train and no padding touches an example, so its logits are the same in every epoch: they are
/// computed once.
/// Source: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531); as the second step of distillation in Sanh et al. 2019
/// (arXiv 1910.01108), section 4.1.
public struct ClassTeaching: Sendable {
  /// [examples, K], in the order of the training set.
  let logits: [Float]
  let classCount: Int
  public let softTargetWeight: Double
  public let labelWeight: Double
  public let temperature: Double

  /// Runs the teacher over the training set.
  /// - Parameters:
  ///   - teacher: with a classification head of the student's classes; used forward only.
  ///   - training: the student's.
  public init(
    teacher: TransformerModel, training: LabelledSequences, softTargetWeight: Double,
    labelWeight: Double, temperature: Double, engine: Engine
  ) throws(EvaluationError) {
    precondition(
      softTargetWeight >= 0 && labelWeight >= 0 && temperature > 0,
      "weights of at least 0 and a temperature above 0")
    logits =
      try ClassificationEvaluation.evaluate(
        teacher, on: LabelledSequences(sequences: training.sequences, labels: nil),
        in: ComputeScope(engine: engine, recording: false)
      ).logits
    classCount = teacher.configuration.labels.count
    self.softTargetWeight = softTargetWeight
    self.labelWeight = labelWeight
    self.temperature = temperature
  }

  /// The rows of some examples, one after another.
  func logits(of examples: some Sequence<Int>) -> [Float] {
    examples.flatMap { logits[$0 * classCount..<($0 + 1) * classCount] }
  }
}
