// A few steps of a stage, to see what all of them will take.
import RetortDistillation
import RetortText
import RetortTransformers

/// Runs a stage for a few steps.
struct StageProbe {
  let plan: ResolvedPlan
  let data: PreparedData
  let engine: Engine

  var models: ModelMaking { ModelMaking(plan: plan, data: data, stages: self) }

  func measure(
    _ planned: PlannedStage, isCached: Bool
  ) throws -> (RunForecast.Stage, DataSize) {
    try planned.stage.work.probe(planned, isCached: isCached, in: self)
  }

  /// A stage on text.
  /// - Parameter answersOnce: whether the teacher answers to each sequence once, and not in every epoch.
  func measure(
    _ planned: PlannedStage, _ isCached: Bool, _ options: CorpusOptions,
    _ model: TransformerModel, teacher: (any TeacherSource)?, answersOnce: Bool = false,
    objective: Objective, breakdownSteps: Int? = nil
  ) throws -> (RunForecast.Stage, DataSize) {
    let training = planned.stage.training
    model.freeze(training.freeze)
    let corpus = try data.corpus(options, sequenceLength: training.sequenceLength)
    let settings = training.settings(
      objective.assumingEvenLayers(student: model.dimensions) { teacher.dimensions(of: $0) },
      curve: .maskedLanguage)
    let batches = training.batches(
      of: corpus, masking: options.masking, vocabulary: try data.vocabulary())
    let watch = ProbeWatch(engine)
    let timed = teacher.map(TimedTeacher.init)
    func loop(_ settings: TrainingSettings) -> MaskedLanguageTraining {
      MaskedLanguageTraining(
        student: model, teacher: timed, batches: batches, settings: settings, engine: engine,
        observer: watch)
    }
    let size = try data.size(of: corpus, options)
    let isWhole = size.sequences == corpus.sequenceCount
    let total =
      isWhole
      ? loop(settings).totalSteps
      : StepCounts(training, data: size)?.total ?? loop(settings).totalSteps
    var short = settings
    short.accumulation = 1
    short.limit = .steps(ProbeWatch.mostSteps)
    let probe = loop(short)
    try untilEnough { try probe.run() }
    let stepsPerEpoch = max(
      1, settings.stepsPerEpoch(of: isWhole ? corpus.count : size.sequences))
    let tokensPerEpoch = size.tokens ?? corpus.tokenCount
    let tokens = Int(Double(tokensPerEpoch) * Double(total) / Double(stepsPerEpoch))
    let batchTokens = batches.order(ofEpoch: 0).tokensOfGroups(
      of: 1, lengthOf: batches.length(of:))
    let breakdowns = BreakdownCost(
      every: breakdownSteps, terms: objective.terms.count, totalSteps: total,
      probe.trainer.optimizer)
    // What the probe's teacher answers again in later epochs.
    let repeated = answersOnce ? max(0, tokens - tokensPerEpoch) : 0
    let answering = (timed?.secondsPerToken ?? 0) * Double(repeated)
    return (
      stage(
        planned, probe.trainer, isCached, steps: total,
        epochs: total.dividedRoundingUp(by: stepsPerEpoch), tokens: tokens,
        seconds: max(0, watch.rates.seconds(steps: total, tokens: tokens) - answering)
          * breakdowns.timeFactor,
        growth: growth(
          of: probe.trainer.scope, batchTokens, probed: batchTokens.prefix(watch.completedSteps))
          + breakdowns.bytes), size
    )
  }

  /// A training that its watch ends.
  func untilEnough(_ training: () throws -> TrainingProgress) throws {
    do {
      _ = try training()
    } catch TrainingError.interrupted {}
  }

  /// Bytes that the largest batch will take beyond those of the probe.
  /// - Parameters:
  ///   - batchTokens: of an epoch's batches.
  ///   - probed: of the batches that the probe trained on.
  func growth(of scope: ComputeScope, _ batchTokens: [Int], probed: ArraySlice<Int>) -> Int {
    let probed = probed.max() ?? 0
    let largest = batchTokens.max() ?? 0
    guard probed > 0 else { return 0 }
    return (scope.peakActivationBytes + scope.peakGradientBytes) * (largest - probed) / probed
  }

  func stage<Job>(
    _ planned: PlannedStage, _ trainer: Trainer<Job>, _ isCached: Bool, steps: Int, epochs: Int,
    evaluations: Int = 0, tokens: Int, seconds: Double, growth: Int
  ) -> RunForecast.Stage {
    func bytes(_ parameters: [Parameter]) -> Int {
      parameters.reduce(0) { $0 + MemoryLayout<Float>.stride * $1.count }
    }
    let weights = bytes(trainer.model.parameters)
    let own = bytes(Array(trainer.objectiveParameters.joined()))
    let betweenEpochs =
      switch planned.stage.training.checkpointEvery {
      case .never: 0
      case .minutes(let minutes): Int(seconds / 60 / minutes)
      case .steps(let spacing): steps / spacing
      }
    // Weights, the terms' own parameters and what the optimizer keeps of all that is trained, plus the checkpoint
    // before them until they are whole; the best evaluation's weights.
    let optimizer = planned.stage.training.optimization.optimizer
    let states = type(of: optimizer).stateNames.count * bytes(trainer.optimizer.parameters)
    let checkpoints = (epochs + betweenEpochs > 1 ? 2 : 1) * (weights + own + states)
    let best = evaluations > 1 ? 1 : 0
    return RunForecast.Stage(
      id: planned.id, steps: steps, tokens: tokens,
      secondsPerStep: seconds / Double(max(1, steps)), seconds: seconds,
      memoryBytes: ProcessMemory.peakBytes + growth, keptBytes: weights,
      diskBytes: checkpoints + (1 + best) * weights, isCached: isCached,
      mayStopEarly: planned.stage.work.mayStopEarly)
  }
}

/// Stages that have not been run: models as their stages begin, which take as long.
extension StageProbe: FinishedStages {
  func model(ofStage id: String) throws -> TransformerModel {
    try models.make(planned(id).model)
  }

  func classifier(ofStage id: String, trains: Bool) throws -> TransformerModel {
    models.classifier(
      over: try models.make(planned(id).model), labels: try labels(of: .stage(id)), seed: 0,
      random: plan.definition.random)
  }

  /// The classes of a classifier: those of the task it learned, or of the teacher it learned from.
  private func labels(of input: StageInput) throws -> [String] {
    switch input {
    case .stage(let id):
      let planned = planned(id)
      if let task = planned.stage.work.task { return try data.task(task).classNames }
      guard let teacher = planned.teachers.first?.input else {
        preconditionFailure("the stage \(id) was checked to make a classifier")
      }
      return try labels(of: teacher)
    case .model(let name):
      guard case .folder(let address)? = plan.model(named: name)?.source else {
        preconditionFailure("\(name) was checked to have a stored classifier")
      }
      return try StoredModel(path: data.locations.locate(address).path).configuration.labels
    }
  }

  private func planned(_ id: String) -> PlannedStage {
    guard let planned = plan.stage(id: id) else {
      preconditionFailure("the plan names a stage \(id) that it does not have")
    }
    return planned
  }
}

/// A teacher, and how long it takes to answer.
private final class TimedTeacher: TeacherSource {
  private let teacher: any TeacherSource
  /// Those of a group.
  private var parts: [String: TimedTeacher] = [:]
  private var seconds = 0.0
  private var tokens = 0

  init(_ teacher: any TeacherSource) { self.teacher = teacher }

  var dimensions: ModelDimensions { teacher.dimensions }
  var secondsPerToken: Double {
    seconds / Double(max(1, tokens)) + parts.values.reduce(0) { $0 + $1.secondsPerToken }
  }

  /// Of a step's time it makes no difference what sentences count.
  func classLogits(ofExample example: Int) -> [Float]? {
    dimensions.classCount.map { [Float](repeating: 0, count: $0) }
  }

  func named(_ name: String) -> any TeacherSource {
    let part = parts[name] ?? TimedTeacher(teacher.named(name))
    parts[name] = part
    return part
  }

  func targets(
    for batch: PackedBatch, layout: SequenceLayout, at place: BatchPlace, request: TeacherRequest
  ) throws -> TeacherTargets {
    let start = ContinuousClock.now
    defer {
      seconds += (.now - start) / .seconds(1)
      tokens += batch.tokenCount
    }
    return try teacher.targets(for: batch, layout: layout, at: place, request: request)
  }
}

/// What breaking gradients down takes. A breakdown is a pass a term, each of them about a step's without its update.
struct BreakdownCost {
  /// What the time of all steps is multiplied by.
  let timeFactor: Double
  /// Of the gradients of all terms at once.
  let bytes: Int

  init(every steps: Int?, terms: Int, totalSteps: Int, _ optimizer: any Optimizer) {
    let count = steps.map { totalSteps.dividedRoundingUp(by: $0) } ?? 0
    timeFactor = 1 + Double(count * terms) / Double(max(1, totalSteps))
    let gradients = optimizer.parameters.reduce(0) { $0 + $1.count }
    bytes = count > 0 ? terms * gradients * MemoryLayout<Float>.stride : 0
  }
}
