// A fine-tuning, run and probed.
import RetortDistillation
import RetortRecords
import RetortText
import RetortTransformers

extension FinetuneStage {
  func run(in execution: StageExecution) throws -> StageResult {
    let task = try execution.data.task(learned)
    let model = try execution.models.classifier(
      execution.planned, self, labels: task.classNames)
    try checkTokenTypes(of: model, self.model)
    model.freeze(execution.training.freeze)
    let length = execution.training.sequenceLength
    func sequences(_ part: PreparedData.Task.Part) throws -> LabelledSequences {
      try execution.data.sequences(of: learned, part, maximumLength: length)
    }
    let examples = try sequences(.train)
    let teaching = try teaching(model, task, examples, in: execution)
    let settings = execution.training.settings(
      teaching.objective, curve: .fineTuning, breakdownSteps: breakdownSteps, rates: rates)
    let loop = FineTuning(
      model: model, training: examples,
      validation: try sequences(.dev), teacher: teaching.source,
      settings: settings, selectBest: selectBest, metrics: metrics, evaluateEvery: evaluateEvery,
      earlyStopping: earlyStopping,
      evaluationBatchSize: evaluationBatchSize, random: execution.plan.definition.random,
      engine: execution.engine,
      checkpointing: try execution.checkpointing(of: model), observer: execution.observer)
    let total = loop.totalSteps
    execution.began(total)
    let progress = try loop.run()
    let scope = ComputeScope(engine: execution.engine, recording: false)
    let further = try task.further.enumerated().map { place, set in
      let result = try ClassificationEvaluation.evaluate(
        model, on: try sequences(.further(place)), in: scope,
        batchSize: evaluationBatchSize, metrics: metrics,
        labelSmoothing: objective.labelSmoothing)
      execution.note("\(set.name) dev, \(result.words)")
      return result
    }
    let trained = loop.trainer.settings.objective
    let record = execution.result(
      model, progress, objective: trained, totalSteps: total,
      window: settings.curve.steps(of: total), targets: teaching.description,
      selectBest: selectBest, earlyStop: loop.earlyStop,
      further: further,
      breakdownSteps: breakdownSteps)
    guard task.test.count > 0 else { return record }
    let test = try ClassificationEvaluation.evaluate(
      model, on: try sequences(.test), in: scope,
      batchSize: evaluationBatchSize)
    return StageResult(
      model: model, record: record.record,
      testPredictions: learned.predictionsText(test, classNames: task.classNames))
  }

  func probe(
    _ planned: PlannedStage, isCached: Bool, in probe: StageProbe
  ) throws -> (RunForecast.Stage, DataSize) {
    let training = planned.stage.training
    let task = try probe.data.task(learned)
    let model = try probe.models.classifier(planned, self, labels: task.classNames)
    model.freeze(training.freeze)
    func sequences(_ part: PreparedData.Task.Part) throws -> LabelledSequences {
      try probe.data.sequences(of: learned, part, maximumLength: training.sequenceLength)
    }
    let (examples, validation) = (try sequences(.train), try sequences(.dev))
    let watch = ProbeWatch(probe.engine)
    // As many as are sure to be trained on: the teacher answers to all of them.
    let few = examples.examples(
      0..<min(examples.count, training.batching.batchSize * ProbeWatch.leastSteps))
    let clock = ContinuousClock.now
    let teacher = try teacher(of: planned, task, few, probe.models, probe.engine)
    let answering =
      objective.readsOfTeacher.classLogits ? (ContinuousClock.now - clock) / .seconds(1) : 0
    let settings = training.settings(
      objective.assumingEvenLayers(student: model.dimensions) { teacher.dimensions(of: $0) },
      curve: .fineTuning)
    func loop(
      _ settings: TrainingSettings, _ training: LabelledSequences, _ validation: LabelledSequences
    ) -> FineTuning {
      FineTuning(
        model: model, training: training, validation: validation, teacher: teacher,
        settings: settings, selectBest: .last, random: probe.plan.definition.random,
        engine: probe.engine, observer: watch)
    }
    let full = loop(settings, examples, validation)
    let shown = validation.examples(0..<min(64, validation.count))
    var shortened = settings
    shortened.accumulation = 1
    shortened.limit = .steps(ProbeWatch.mostSteps)
    let short = loop(shortened, few, shown)
    try probe.untilEnough { try short.run() }
    let start = ContinuousClock.now
    _ = try ClassificationEvaluation.evaluate(
      model, on: shown, in: ComputeScope(engine: probe.engine, recording: false),
      batchSize: evaluationBatchSize)
    let evaluationSeconds = (ContinuousClock.now - start) / .seconds(1)
    let stepsPerEpoch = settings.stepsPerEpoch(of: examples.count)
    let epochs = full.totalSteps.dividedRoundingUp(by: max(1, stepsPerEpoch))
    let test =
      task.test.count > 0 ? try sequences(.test).sequences.tokenCount : 0
    let further = try task.further.indices.reduce(0) {
      try $0 + sequences(.further($1)).sequences.tokenCount
    }
    let evaluations = evaluateEvery.count(
      steps: full.totalSteps, epochs: epochs, selectBest: selectBest)
    let evaluation =
      evaluationSeconds / Double(max(1, shown.sequences.tokenCount))
      * Double(validation.sequences.tokenCount * evaluations + further + test)
    let teaching =
      answering / Double(max(1, few.sequences.tokenCount)) * Double(examples.sequences.tokenCount)
    let breakdowns = BreakdownCost(
      every: breakdownSteps, terms: objective.terms.count, totalSteps: full.totalSteps,
      short.trainer.optimizer)
    let size = DataSize(sequences: examples.count, tokens: examples.sequences.tokenCount)
    let tokens = examples.sequences.tokenCount * full.totalSteps / max(1, stepsPerEpoch)
    return (
      probe.stage(
        planned, short.trainer, isCached, steps: full.totalSteps, epochs: epochs,
        evaluations: evaluations, tokens: tokens,
        seconds: watch.rates.seconds(steps: full.totalSteps, tokens: tokens)
          * breakdowns.timeFactor + evaluation + teaching,
        growth: probe.growth(
          of: short.trainer.scope, full.batchTokens,
          probed: short.batchTokens.prefix(watch.completedSteps)) + breakdowns.bytes),
      size
    )
  }

  /// - Throws: `RunError` for a model that cannot read the task's pairs.
  private func checkTokenTypes(of model: TransformerModel, _ name: String) throws(RunError) {
    guard learned.pairColumns != nil, let problem = model.configuration.problemWithPairs else {
      return
    }
    throw .noPairs(model: name, problem: problem)
  }

  /// The teachers of a training, run for it or read from a store, with the loss they teach.
  private func teaching(
    _ model: TransformerModel, _ task: PreparedData.Task, _ examples: LabelledSequences,
    in execution: StageExecution
  ) throws -> StageTeaching {
    let stated = objective.weighting(classes: try learned.weights(of: task.train))
    if case .store(let path) = outputs {
      return try execution.storedTeaching(
        stated, path: path,
        text: .examples(examples.sequences, length: execution.training.sequenceLength),
        student: model)
    }
    let teacher = try teacher(
      of: execution.planned, task, examples, execution.models, execution.engine)
    return .live(
      try execution.findingLayers(of: stated, student: model, text: examples.sequences) { teacher },
      teacher)
  }

  /// The teachers as the training has them; nil where no term reads one.
  private func teacher(
    of planned: PlannedStage, _ task: PreparedData.Task, _ examples: LabelledSequences,
    _ models: ModelMaking, _ engine: Engine
  ) throws -> (any TeacherSource)? {
    guard objective.needsTeacher else { return nil }
    return try TeacherGroup.of(planned.teachers) { name, input in
      let reads = objective.reads(of: name)
      let model =
        reads.classLogits
        ? try models.storedClassifier(input, labels: task.classNames, trains: false)
        : try models.make(input)
      try checkTokenTypes(of: model, input.name)
      return try ClassifierTeacher(
        model: model, training: examples.sequences, reads: reads, engine: engine)
    }
  }
}
