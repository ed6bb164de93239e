// A teaching classifier's softened distribution over the classes.
import RetortOptions
import RetortTensorEngine

/// T² · KL( softmax(t/T) ‖ softmax(s/T) ) over the classes, mean over the sentences of a step.
/// Source: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531); as the second step of distillation in Sanh et al. 2019
/// (arXiv 1910.01108), section 4.1.
public struct ClassSoftTargets: TensorTerm {
  public static let key = SoftTargets.key
  public static let title = SoftTargets.title
  public static let about = SoftTargets.about
  public static let batchKinds: Set<BatchKind> = [.labelledSentences]
  public static let options = OptionList(
    { ClassSoftTargets(temperature: $0) },
    OptionField("temperature", \.temperature, .temperature, OptionType.temperatureAbout))

  /// Both models' logits are divided by it.
  public var temperature: Double

  public init(temperature: Double) {
    precondition(temperature > 0, "a temperature must be positive")
    self.temperature = temperature
  }

  public var rows: TermRows { .sentences }
  public var readsOfStudent: Observations { Observations(classLogits: true) }
  public var readsOfTeacher: Observations { Observations(classLogits: true) }
  public var scale: ValueScale? { .squareOfTemperature(temperature) }

  public var formula: String {
    "\(SoftTargetFormula.text(temperature)), mean over \(rows.words)"
  }

  public func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] {
    guard let a = student.classCount, let b = teacher.classCount, a != b else { return [] }
    return [TermProblem(expected: "the same classes", found: "\(b) taught to a student of \(a)")]
  }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    scope.softTargetDivergence(
      student: batch.student.classLogits, teacher: batch.teacher.classLogits,
      temperature: Float(temperature), gradientScale: gradientScale
    ).reduce(0, +)
  }
}
