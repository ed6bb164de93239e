// A distillation, run and probed.
import RetortDistillation

extension DistillStage {
  func run(in execution: StageExecution) throws -> StageResult {
    let planned = execution.planned
    let models = execution.models
    let student = try models.make(planned.model)
    let teacherInput = planned.input("teacher")
    let teacher = { try models.make(teacherInput) }
    return try execution.maskedLanguage(
      student, corpus: text, breakdownSteps: breakdownSteps
    ) { corpus in
      switch outputs {
      case .live:
        return try .live(objective, teacher: teacher, engine: execution.engine)
      case .store(let path):
        let identity = TeacherOutputIdentity(
          teacher: execution.digests.of(teacherInput) ?? "", corpus: corpus,
          vocabulary: execution.digests.vocabulary, masking: text.masking,
          training: execution.training)
        return try .stored(
          objective, path: execution.data.locations.place(of: path), identity: identity,
          teacher: teacher,
          vocabularySize: student.configuration.vocabularySize, engine: execution.engine)
      }
    }
  }

  func probe(
    _ planned: PlannedStage, isCached: Bool, in probe: StageProbe
  ) throws -> (RunForecast.Stage, DataSize) {
    let teacher =
      objective.needsTeacher
      ? LiveTeacher(model: try probe.models.make(planned.input("teacher")), engine: probe.engine)
      : nil
    return try probe.measure(
      planned, isCached, text, teacher: teacher, objective: objective,
      breakdownSteps: breakdownSteps)
  }
}
