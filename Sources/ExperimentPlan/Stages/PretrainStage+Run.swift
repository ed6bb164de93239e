// A pre-training, run and probed.
import RetortDistillation

extension PretrainStage {
  func run(in execution: StageExecution) throws -> StageResult {
    let model = try execution.models.make(execution.planned.model)
    return try execution.maskedLanguage(
      model, corpus: text, breakdownSteps: breakdownSteps
    ) { _ in .live(objective, nil) }
  }

  func probe(
    _ planned: PlannedStage, isCached: Bool, in probe: StageProbe
  ) throws -> (RunForecast.Stage, DataSize) {
    try probe.measure(
      planned, isCached, text, try probe.models.make(planned.model), teacher: nil,
      objective: objective,
      breakdownSteps: breakdownSteps)
  }
}
