// A fine-tuning, run and probed.
import RetortDistillation
import RetortText
import RetortTransformers

extension FinetuneStage {
  func run(in execution: StageExecution) throws -> StageResult {
    let task = try execution.data.task(learned)
    let model = try execution.models.classifier(
      execution.planned, self, labels: task.classNames)
    model.freeze(execution.training.freeze)
    let length = execution.training.sequenceLength
    let settings = execution.training.settings(objective, curve: .fineTuning)
    let examples = try execution.data.sequences(task.train, maximumLength: length)
    let teacher = try teaching.map { _ in
      try ClassifierTeacher(
        model: execution.models.storedClassifier(
          execution.planned.inputs[0], labels: task.classNames, trains: false),
        training: examples, objective: objective, engine: execution.engine)
    }
    let loop = FineTuning(
      model: model, training: examples,
      validation: try execution.data.sequences(task.dev, maximumLength: length), teacher: teacher,
      settings: settings, selectBest: selectBest, metrics: learned.metrics,
      random: execution.plan.definition.random.ofFineTuning, engine: execution.engine,
      checkpointing: try execution.checkpointing(of: model), observer: execution.observer)
    let total = loop.totalSteps
    execution.began(total)
    let progress = try loop.run()
    let record = execution.result(
      model, progress, objective: objective, window: settings.curve.steps(of: total),
      selectBest: selectBest)
    guard task.test.count > 0 else { return record }
    let test = try ClassificationEvaluation.evaluate(
      model, on: try execution.data.sequences(task.test, maximumLength: length),
      in: ComputeScope(engine: execution.engine, recording: false))
    return StageResult(
      model: model, record: record.record,
      testPredictions: learned.predictionsText(test.predictions, classNames: task.classNames))
  }

  func probe(
    _ planned: PlannedStage, isCached: Bool, in probe: StageProbe
  ) throws -> (RunForecast.Stage, DataSize) {
    let training = planned.stage.training
    let task = try probe.data.task(learned)
    let model = try probe.models.classifier(planned, self, labels: task.classNames)
    model.freeze(training.freeze)
    let examples = try probe.data.sequences(task.train, maximumLength: training.sequenceLength)
    let validation = try probe.data.sequences(task.dev, maximumLength: training.sequenceLength)
    let settings = training.settings(
      Objective(WeightedTerm(1, CrossEntropy())), curve: .fineTuning)
    let watch = ProbeWatch(probe.engine)
    func loop(_ settings: TrainingSettings, validation: LabelledSequences) -> FineTuning {
      FineTuning(
        model: model, training: examples, validation: validation, settings: settings,
        selectBest: .last, random: probe.plan.definition.random.ofFineTuning, engine: probe.engine,
        observer: watch)
    }
    let full = loop(settings, validation: validation)
    let shown = validation.examples(0..<min(64, validation.count))
    var few = settings
    few.accumulation = 1
    few.limit = .steps(ProbeWatch.mostSteps)
    let short = loop(few, validation: shown)
    try probe.untilEnough { try short.run() }
    let start = ContinuousClock.now
    _ = try ClassificationEvaluation.evaluate(
      model, on: shown, in: ComputeScope(engine: probe.engine, recording: false))
    let evaluationSeconds = (ContinuousClock.now - start) / .seconds(1)
    let stepsPerEpoch = settings.stepsPerEpoch(of: examples.count)
    let epochs = (full.totalSteps + stepsPerEpoch - 1) / stepsPerEpoch
    let test =
      task.test.count > 0
      ? try probe.data.sequences(task.test, maximumLength: training.sequenceLength).sequences
        .tokenCount
      : 0
    let evaluation =
      evaluationSeconds / Double(max(1, shown.sequences.tokenCount))
      * Double(validation.sequences.tokenCount * epochs + test)
    let teaching = try teachingSeconds(task, examples, in: probe)
    let size = DataSize(sequences: examples.count, tokens: examples.sequences.tokenCount)
    let tokens = examples.sequences.tokenCount * full.totalSteps / max(1, stepsPerEpoch)
    return (
      probe.stage(
        planned, model, isCached, steps: full.totalSteps, epochs: epochs, tokens: tokens,
        seconds: watch.rates.seconds(steps: full.totalSteps, tokens: tokens) + evaluation
          + teaching,
        growth: probe.growth(
          of: short.trainer.scope, full.batchTokens, probed: watch.completedSteps)),
      size
    )
  }

  /// What a teacher takes for its answers to all examples.
  private func teachingSeconds(
    _ task: PreparedData.Task, _ examples: LabelledSequences, in probe: StageProbe
  ) throws -> Double {
    guard let teaching = teaching else { return 0 }
    let teacher = try probe.models.storedClassifier(
      probe.plan.stage(id: teaching.teacher) != nil
        ? .stage(teaching.teacher) : .model(teaching.teacher),
      labels: task.classNames, trains: false)
    let shown = examples.examples(0..<min(64, examples.count))
    let start = ContinuousClock.now
    _ = try ClassificationEvaluation.evaluate(
      teacher, on: shown, in: ComputeScope(engine: probe.engine, recording: false))
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    return seconds / Double(max(1, shown.sequences.tokenCount))
      * Double(examples.sequences.tokenCount)
  }
}
