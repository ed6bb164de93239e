// A distillation, run and probed.
import RetortDistillation
import RetortText
import RetortTransformers

extension DistillStage {
  func run(in execution: StageExecution) throws -> StageResult {
    let planned = execution.planned
    let models = execution.models
    let student = try head.map { try classifier($0, planned, models) } ?? models.make(planned.model)
    return try execution.maskedLanguage(
      student, corpus: text, validation: validation, breakdownSteps: breakdownSteps
    ) { corpus in
      switch outputs {
      case .live:
        return .live(objective, try live(planned, models, corpus, execution.engine))
      case .store(let path):
        return try execution.storedTeaching(
          objective, path: path, text: .corpus(corpus, masking: text.masking), student: student)
      }
    }
  }

  /// The teachers, run on every batch; class logits are computed once. Nil where no term reads a teacher.
  private func live(
    _ planned: PlannedStage, _ models: ModelMaking, _ corpus: any SequenceSource, _ engine: Engine
  ) throws -> (any TeacherSource)? {
    guard objective.needsTeacher else { return nil }
    return try TeacherGroup.of(planned.teachers) { name, input in
      guard head != nil else { return LiveTeacher(model: try models.make(input), engine: engine) }
      return try ClassifierTeacher(
        model: try models.storedClassifier(input, labels: nil, trains: false), training: corpus,
        reads: objective.reads(of: name), engine: engine)
    }
  }

  /// A student in the classes of its first teacher.
  private func classifier(
    _ head: ClassifierStart, _ planned: PlannedStage, _ models: ModelMaking
  ) throws -> TransformerModel {
    let labels = try models.storedClassifier(
      planned.teachers[0].input, labels: nil, trains: false
    ).configuration.labels
    return head == .stored
      ? try models.storedClassifier(planned.model, labels: labels, trains: true)
      : models.classifier(
        over: try models.make(planned.model), labels: labels,
        seed: planned.stage.training.seed, random: .counter)
  }

  func probe(
    _ planned: PlannedStage, isCached: Bool, in probe: StageProbe
  ) throws -> (RunForecast.Stage, DataSize) {
    let models = probe.models
    let student = try head.map { try classifier($0, planned, models) } ?? models.make(planned.model)
    let teacher =
      objective.needsTeacher
      ? try TeacherGroup.of(planned.teachers) { _, input in
        LiveTeacher(
          model: head == nil
            ? try models.make(input)
            : try models.storedClassifier(input, labels: nil, trains: false),
          engine: probe.engine)
      } : nil
    return try probe.measure(
      planned, isCached, text, student, teacher: teacher,
      answersOnce: head != nil || storePath != nil, objective: objective,
      breakdownSteps: breakdownSteps)
  }
}
