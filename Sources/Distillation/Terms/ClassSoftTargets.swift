// A teaching classifier's softened distribution over the classes.
import RetortOptions
import RetortTensorEngine

/// A divergence of softmax(s/T) from softmax(t/T) over the classes, mean over the sentences of a step.
/// Source: Hinton, Vinyals, Dean 2015 (arXiv 1503.02531); as the second step of distillation in Sanh et al. 2019
/// (arXiv 1910.01108), section 4.1; others with each divergence in RetortTensorEngine.
public struct ClassSoftTargets: TensorTerm, SoftTargetTerm {
  public static let key = SoftTargets.key
  public static let title = SoftTargets.title
  public static let about = SoftTargets.about
  public static let batchKinds: Set<BatchKind> = [.text, .labelledSentences]
  public static let on: LogitKind? = .classes
  public static let statedInList: Set<String> = ["divergence", "scale"]
  public static let options = OptionList(
    {
      ClassSoftTargets(
        SoftTargetSettings($2, temperature: $0, scale: $3, targets: $4), examples: $5)
    },
    OptionField.temperature(\.settings.temperature),
    OptionField(
      confirming: "average", .choice(among: [.sequences], name: \.rawValue), TermAverage.sequences,
      "Every sentence counts the same."),
    OptionField.divergence(\.settings.divergence),
    OptionField.scale(\.settings.scale),
    OptionField.targets(\.settings.targets),
    OptionField(
      "examples", \.examples, .choice, otherwise: .uniform,
      "What each sentence counts. uniform: 1. teacher_confidence: the largest of the teacher's probabilities "
        + "at a temperature of 1. teacher_correct: 1 where the teacher's answer is the label, else 0. Weights "
        + "are divided by their mean over a step.")
  ).checked { $0.settings.check(in: $1) }

  public var settings: SoftTargetSettings
  public var examples: ExampleWeighting

  public init(_ settings: SoftTargetSettings, examples: ExampleWeighting = .uniform) {
    (self.settings, self.examples) = (settings, examples)
  }

  /// Hinton's.
  public init(temperature: Double) {
    self.init(SoftTargetSettings(temperature: temperature))
  }

  public var rows: TermRows { TermRows(.first, average: .sequences, examples: examples) }
  public var readsOfStudent: Observations { Observations(classLogits: true) }
  public var readsOfTeacher: Observations { Observations(classLogits: true) }
  public var coupling: BatchCoupling? {
    if settings.temperature.bySentence != nil {
      return BatchCoupling("the temperatures of sentences")
    }
    return settings.divergence.kind.couplingNumber.map {
      BatchCoupling("the correlations of \(settings.divergence.key).\($0)")
    }
  }
  public var keysNeedingLabels: [String] {
    (settings.divergence.kind.needsLabels ? ["divergence"] : [])
      + (examples == .teacherCorrect ? ["examples"] : [])
  }

  public var formula: String { "\(settings.formula), mean over \(rows.words)" }

  public func problems(student: ModelDimensions, teacher: ModelDimensions) -> [TermProblem] {
    var problems = student.classCount.map(settings.problems(outcomes:)) ?? []
    if let a = student.classCount, let b = teacher.classCount, a != b {
      problems.append(
        TermProblem(expected: "the same classes", found: "\(b) taught to a student of \(a)"))
    }
    return problems
  }

  public func sum(over batch: TermBatch, gradientScale: Double, in scope: ComputeScope) -> Double {
    let (student, teacher) = (batch.student.classLogits, batch.teacher.classLogits)
    return scope.softTargets(
      settings.loss, student: student, teacher: teacher,
      labels: batch.classes.isEmpty ? nil : batch.classes,
      temperatures: settings.temperature.bySentence?.temperatures(
        student: student, teacher: teacher),
      gradientScale: gradientScale, rowWeights: weights(teacher, batch.classes)
    ).reduce(0, +)
  }

  /// What each row counts, [N]; nil for 1 each.
  private func weights(_ teacher: Tensor, _ labels: [Int32]) -> [Double]? {
    guard examples != .uniform else { return nil }
    let logits = teacher.copyValues()
    return (0..<teacher.rows).map { row in
      examples.weight(
        logits: logits[row * teacher.columns..<(row + 1) * teacher.columns],
        label: labels.isEmpty ? nil : Int(labels[row]))
    }
  }
}
