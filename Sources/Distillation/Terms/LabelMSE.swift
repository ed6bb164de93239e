// The labels of a regression.
import RetortOptions
import RetortTensorEngine

/// (x - y)² of a model's one output x and the label y, mean over the sentences of a step.
/// Source: torch.nn.MSELoss, as `BertForSequenceClassification` of transformers 4.44.2 uses it where `num_labels` is 1.
public struct LabelMSE: TensorTerm {
  public static let key = "label_mse"
  public static let title = "label MSE"
  public static let about =
    "Mean squared error between output and label, for regression tasks."
  public static let batchKinds: Set<BatchKind> = [.scoredSentences]
  public static let options = OptionList.none(LabelMSE())
  public static let isMeasuredWithoutWeight = true

  public init() {}

  public var rows: TermRows { .sentences }
  public var readsOfStudent: Observations { Observations(classLogits: true) }
  public var formula: String { "MSE(output, label), mean over \(rows.words)" }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    let output = batch.student.classLogits
    precondition(output.columns == 1, "a regression with outputs \(output.shape)")
    let labels = scope.input(batch.numbers, rows: output.rows, columns: 1)
    return scope.squaredError(student: output, teacher: labels, gradientScale: gradientScale)
      .reduce(0, +)
  }
}
