// A distillation, run and probed.
import RetortDistillation
import RetortTransformers

extension DistillStage {
  func run(in execution: StageExecution) throws -> StageResult {
    let planned = execution.planned
    let models = execution.models
    if head != nil {
      let (teachers, student) = try classifiers(planned, models)
      return try execution.maskedLanguage(
        student, corpus: text, validation: validation, breakdownSteps: breakdownSteps
      ) { corpus in
        StageTeaching(
          objective: objective,
          source: try TeacherGroup.of(teachers) { name, model in
            try ClassifierTeacher(
              model: model, training: corpus,
              reads: name.map(objective.reads(ofTeacher:)) ?? objective.readsOfTeacher,
              engine: execution.engine)
          },
          description: nil)
      }
    }
    let student = try models.make(planned.model)
    return try execution.maskedLanguage(
      student, corpus: text, breakdownSteps: breakdownSteps
    ) { corpus in
      switch outputs {
      case .live:
        return StageTeaching(
          objective: objective, source: try live(planned, models, execution.engine),
          description: nil)
      case .store(let path):
        let teacherInput = planned.teachers[0].input
        let identity = TeacherOutputIdentity(
          teacher: execution.digests.of(teacherInput) ?? "", corpus: corpus,
          vocabulary: execution.digests.vocabulary, masking: text.masking,
          training: execution.training)
        let found = try execution.findingLayers(of: objective, student: student, text: corpus) {
          LiveTeacher(model: try models.make(teacherInput), engine: execution.engine)
        }
        return try .stored(
          found, path: execution.data.locations.place(of: path), identity: identity,
          student: student, teacher: { try models.make(teacherInput) }, engine: execution.engine)
      }
    }
  }

  /// The teachers, run on every batch; nil where no term reads one.
  private func live(
    _ planned: PlannedStage, _ models: ModelMaking, _ engine: Engine
  ) throws -> (any TeacherSource)? {
    guard objective.needsTeacher else { return nil }
    return try TeacherGroup.of(planned.teachers) { _, input in
      LiveTeacher(model: try models.make(input), engine: engine)
    }
  }

  /// Teachers and student of a loss of class logits.
  private func classifiers(
    _ planned: PlannedStage, _ models: ModelMaking
  ) throws -> (teachers: [(name: String?, model: TransformerModel)], student: TransformerModel) {
    let teachers = try planned.teachers.map {
      (name: $0.name, model: try models.storedClassifier($0.input, labels: nil, trains: false))
    }
    let labels = teachers[0].model.configuration.labels
    let student =
      head == .stored
      ? try models.storedClassifier(planned.model, labels: labels, trains: true)
      : models.classifier(
        over: try models.make(planned.model), labels: labels,
        seed: planned.stage.training.seed, random: .counter)
    return (teachers, student)
  }

  func probe(
    _ planned: PlannedStage, isCached: Bool, in probe: StageProbe
  ) throws -> (RunForecast.Stage, DataSize) {
    if head != nil {
      let (teachers, student) = try classifiers(planned, probe.models)
      let teacher = TeacherGroup.of(teachers) { _, model in
        LiveTeacher(model: model, engine: probe.engine)
      }
      return try probe.measure(
        planned, isCached, text, student, teacher: teacher, answersOnce: true,
        objective: objective, breakdownSteps: breakdownSteps)
    }
    return try probe.measure(
      planned, isCached, text, try probe.models.make(planned.model),
      teacher: try live(planned, probe.models, probe.engine),
      objective: objective, breakdownSteps: breakdownSteps)
  }
}
