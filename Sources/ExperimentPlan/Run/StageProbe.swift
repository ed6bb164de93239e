// A few steps of a stage, to see what all of them will take.
import Distillation
import Text
import Transformers

/// Runs a stage for a few steps.
struct StageProbe {
  let plan: ResolvedPlan
  let data: PreparedData
  let engine: Engine

  private var models: ModelMaking { ModelMaking(plan: plan, data: data, stages: self) }

  func measure(
    _ planned: PlannedStage, isCached: Bool
  ) throws -> (RunForecast.Stage, DataSize) {
    let training = planned.stage.training
    switch planned.stage.work {
    case let options as PretrainStage:
      return try measure(
        planned, isCached, training, options.text, teacher: nil,
        objective: PretrainStage.objective)
    case let options as DistillStage:
      let objective = options.objective
      let teacher =
        objective.needsTeacher
        ? LiveTeacher(model: try models.make(planned.inputs[0]), engine: engine) : nil
      return try measure(
        planned, isCached, training, options.text, teacher: teacher, objective: objective,
        breakdownSteps: options.breakdownSteps)
    case let options as FinetuneStage:
      return try measure(planned, isCached, training, options)
    default: preconditionFailure("no stage \(planned.kind) can be measured")
    }
  }

  private func measure(
    _ planned: PlannedStage, _ isCached: Bool, _ training: TrainingOptions,
    _ options: CorpusOptions, teacher: LiveTeacher?, objective: Objective,
    breakdownSteps: Int? = nil
  ) throws -> (RunForecast.Stage, DataSize) {
    guard let input = planned.inputs.last else { preconditionFailure("a stage without input") }
    let model = try models.make(input)
    model.freeze(training.freeze)
    let corpus = try data.corpus(options, sequenceLength: training.sequenceLength)
    let settings = training.settings(objective, curve: .maskedLanguage)
    let batches = training.batches(
      of: corpus, masking: options.masking.rule, vocabulary: try data.vocabulary())
    let watch = ProbeWatch(engine)
    func loop(_ settings: TrainingSettings) -> MaskedLanguageTraining {
      MaskedLanguageTraining(
        student: model, teacher: teacher, batches: batches, settings: settings, engine: engine,
        observer: watch)
    }
    let total = loop(settings).totalSteps
    var short = settings
    short.accumulation = 1
    short.limit = .steps(ProbeWatch.mostSteps)
    let probe = loop(short)
    try untilEnough { try probe.run() }
    let size = DataSize(sequences: corpus.sequenceCount, tokens: corpus.tokenCount)
    let stepsPerEpoch = max(1, settings.stepsPerEpoch(of: corpus.count))
    let tokens = Int(Double(corpus.tokenCount) * Double(total) / Double(stepsPerEpoch))
    let batchTokens = batches.order(ofEpoch: 0).tokensOfGroups(
      of: 1, lengthOf: batches.length(of:))
    // A breakdown is a pass a term, each of them about a step's without its update.
    let terms = objective.terms.count
    let breakdowns = breakdownSteps.map { (total + $0 - 1) / $0 } ?? 0
    let gradients = probe.trainer.optimizer.parameters.reduce(0) { $0 + $1.count }
    return (
      stage(
        planned, model, isCached, steps: total,
        epochs: (total + stepsPerEpoch - 1) / stepsPerEpoch, tokens: tokens,
        seconds: watch.rates.seconds(steps: total, tokens: tokens)
          * (1 + Double(breakdowns * terms) / Double(max(1, total))),
        growth: growth(of: probe.trainer.scope, batchTokens, probed: watch.completedSteps)
          + (breakdowns > 0 ? terms * gradients * MemoryLayout<Float>.stride : 0)), size
    )
  }

  private func measure(
    _ planned: PlannedStage, _ isCached: Bool, _ training: TrainingOptions,
    _ options: FinetuneStage
  ) throws -> (RunForecast.Stage, DataSize) {
    let task = try data.task(options.learned)
    let model = try models.classifier(planned, options, labels: task.classNames)
    model.freeze(training.freeze)
    let examples = try data.sequences(task.train, maximumLength: training.sequenceLength)
    let validation = try data.sequences(task.dev, maximumLength: training.sequenceLength)
    let settings = training.settings(
      Objective(WeightedTerm(1, CrossEntropy())), curve: .fineTuning)
    let watch = ProbeWatch(engine)
    func loop(_ settings: TrainingSettings, validation: LabelledSequences) -> FineTuning {
      FineTuning(
        model: model, training: examples, validation: validation, settings: settings,
        selectBest: .last, random: plan.definition.random.ofFineTuning, engine: engine,
        observer: watch)
    }
    let full = loop(settings, validation: validation)
    let shown = validation.examples(0..<min(64, validation.count))
    var short = settings
    short.accumulation = 1
    short.limit = .steps(ProbeWatch.mostSteps)
    let probe = loop(short, validation: shown)
    try untilEnough { try probe.run() }
    let start = ContinuousClock.now
    _ = try ClassificationEvaluation.evaluate(
      model, on: shown, in: ComputeScope(engine: engine, recording: false))
    let evaluationSeconds = (ContinuousClock.now - start) / .seconds(1)
    let stepsPerEpoch = settings.stepsPerEpoch(of: examples.count)
    let epochs = (full.totalSteps + stepsPerEpoch - 1) / stepsPerEpoch
    let test =
      task.test.count > 0
      ? try data.sequences(task.test, maximumLength: training.sequenceLength).sequences.tokenCount
      : 0
    let evaluation =
      evaluationSeconds / Double(max(1, shown.sequences.tokenCount))
      * Double(validation.sequences.tokenCount * epochs + test)
    let teaching = try teachingSeconds(options, task, examples)
    let size = DataSize(sequences: examples.count, tokens: examples.sequences.tokenCount)
    let tokens = examples.sequences.tokenCount * full.totalSteps / max(1, stepsPerEpoch)
    return (
      stage(
        planned, model, isCached, steps: full.totalSteps, epochs: epochs, tokens: tokens,
        seconds: watch.rates.seconds(steps: full.totalSteps, tokens: tokens) + evaluation
          + teaching,
        growth: growth(of: probe.trainer.scope, full.batchTokens, probed: watch.completedSteps)),
      size
    )
  }

  /// What a teacher takes for its answers to all examples.
  private func teachingSeconds(
    _ options: FinetuneStage, _ task: PreparedData.Task, _ examples: LabelledSequences
  ) throws -> Double {
    guard let teaching = options.teaching else { return 0 }
    let teacher = try models.storedClassifier(
      plan.stage(id: teaching.teacher) != nil ? .stage(teaching.teacher) : .model(teaching.teacher),
      labels: task.classNames, trains: false)
    let shown = examples.examples(0..<min(64, examples.count))
    let start = ContinuousClock.now
    _ = try ClassificationEvaluation.evaluate(
      teacher, on: shown, in: ComputeScope(engine: engine, recording: false))
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    return seconds / Double(max(1, shown.sequences.tokenCount))
      * Double(examples.sequences.tokenCount)
  }

  /// A training that its watch ends.
  private func untilEnough(_ training: () throws -> TrainingProgress) throws {
    do {
      _ = try training()
    } catch TrainingError.interrupted {}
  }

  /// Bytes that the largest batch will take beyond those of the probe, by the tokens of an epoch's batches in order.
  private func growth(of scope: ComputeScope, _ batchTokens: [Int], probed steps: Int) -> Int {
    let probed = batchTokens.prefix(steps).max() ?? 0
    let largest = batchTokens.max() ?? 0
    guard probed > 0 else { return 0 }
    return (scope.peakActivationBytes + scope.peakGradientBytes) * (largest - probed) / probed
  }

  private func stage(
    _ planned: PlannedStage, _ model: TransformerModel, _ isCached: Bool, steps: Int, epochs: Int,
    tokens: Int, seconds: Double, growth: Int
  ) -> RunForecast.Stage {
    let weights = MemoryLayout<Float>.stride * model.parameterCount
    let betweenEpochs =
      switch planned.stage.training.checkpointEvery {
      case .minutes(let minutes): Int(seconds / 60 / minutes)
      case .steps(let spacing): steps / spacing
      }
    // Weights and what the optimizer keeps of each, beside the checkpoint before them until they are whole; the best
    // epoch's weights.
    let states = type(of: planned.stage.training.optimization.optimizer).stateNames.count
    let checkpoints = (epochs + betweenEpochs > 1 ? 2 : 1) * (1 + states)
    let best = planned.stage.work.task != nil && epochs > 1 ? 1 : 0
    return RunForecast.Stage(
      id: planned.id, steps: steps, tokens: tokens,
      secondsPerStep: seconds / Double(max(1, steps)), seconds: seconds,
      memoryBytes: ProcessMemory.peakBytes + growth, keptBytes: weights,
      diskBytes: (1 + checkpoints + best) * weights, isCached: isCached)
  }
}

/// Stages that have not been run: models as their stages begin, which take as long.
extension StageProbe: FinishedStages {
  func model(ofStage id: String) throws -> TransformerModel {
    try models.make(planned(id).model)
  }

  func classifier(ofStage id: String, trains: Bool) throws -> TransformerModel {
    let planned = planned(id)
    guard let task = planned.stage.work.task else {
      preconditionFailure("the stage \(id) was checked to make a classifier")
    }
    return models.classifier(
      over: try models.make(planned.model), labels: task.classNames, seed: 0,
      random: plan.definition.random)
  }

  private func planned(_ id: String) -> PlannedStage {
    guard let planned = plan.stage(id: id) else {
      preconditionFailure("the plan names a stage \(id) that it does not have")
    }
    return planned
  }
}
