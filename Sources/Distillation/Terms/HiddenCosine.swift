// The direction of the last hidden states.
import RetortOptions
import RetortTensorEngine

/// 1 - cos(student, teacher) of the last hidden state, mean over all positions.
/// Source: Sanh et al. 2019 (arXiv 1910.01108), section 3.
public struct HiddenCosine: TensorTerm {
  public static let key = "cosine"
  public static let title = "cosine"
  public static let about = "One minus the cosine between the models' hidden states."
  public static let batchKinds: Set<BatchKind> = [
    .maskedText, .text, .labelledSentences, .scoredSentences,
  ]
  public static let options = OptionList(
    { HiddenCosine(layer: $0) },
    OptionField("layer", \.layer, .choice, "Which hidden state: the last one."))

  public enum Layer: String, Sendable, CaseIterable { case last }
  public var layer: Layer

  public init(layer: Layer = .last) { self.layer = layer }

  public var rows: TermRows { TermRows(.all, average: .tokens) }
  public var readsOfStudent: Observations { Observations(hiddenStates: [.last]) }
  public var readsOfTeacher: Observations { Observations(hiddenStates: [.last]) }

  public var formula: String {
    "(1 - cos(h_teacher, h_student)), last layer, mean over \(rows.words)"
  }

  public func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] {
    guard let a = teacher.hiddenSize, let b = student.hiddenSize, a != b else { return [] }
    return [
      TermProblem(
        expected: "hidden sizes that are equal", found: "\(a) in the teacher, \(b) in the student",
        advice: "set the weight to 0, or give the student the teacher's hidden size")
    ]
  }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    scope.cosineEmbeddingLoss(
      student: batch.student.hiddenState(.last), teacher: batch.teacher.hiddenState(.last),
      gradientScale: gradientScale
    ).reduce(0, +)
  }
}
