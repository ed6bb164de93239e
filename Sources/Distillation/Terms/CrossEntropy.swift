// The labels of sentences.
import RetortOptions
import RetortTensorEngine

/// Cross-entropy of the class logits with the labels, mean over the sentences of a step.
public struct CrossEntropy: TensorTerm {
  public static let key = "cross_entropy"
  public static let title = "labels"
  public static let about = "Cross-entropy with the labels."
  public static let batchKinds: Set<BatchKind> = [.labelledSentences]
  public static let options = OptionList.none(CrossEntropy())
  public static let isMeasuredWithoutWeight = true

  public init() {}

  public var rows: TermRows { .sentences }
  public var readsOfStudent: Observations { Observations(classLogits: true) }
  public var formula: String { "CE(labels), mean over \(rows.words)" }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    scope.crossEntropy(
      logits: batch.student.classLogits, labels: batch.classes, gradientScale: gradientScale
    ).reduce(0, +)
  }
}
