// The training loop: one for every kind of training.
import RetortText
import RetortTransformers

/// Trains a model to a limit:
///
///     for every epoch
///       for every step
///         for every batch of it: forward, objective, backward
///         clip, learning rate, update, report
///         evaluate and save where it is time to
///       evaluate, save
///
/// What differs between kinds of training is the job's. Optimizer, schedule, evaluation, checkpoints and observers
/// are values that it is given.
public final class Trainer<Job: TrainingJob> {
  private(set) var job: Job
  let teacher: (any TeacherSource)?
  public let settings: TrainingSettings
  let engine: Engine
  let checkpointing: TrainingCheckpointing?
  weak var observer: (any TrainingObserver)?

  /// The terms' own parameters, by term.
  public let objectiveParameters: [[Parameter]]
  /// With a state for each parameter, the terms' own included, that is trainable when the trainer is made.
  public let optimizer: any Optimizer
  private let groups: ParameterGroups
  /// Where steps are computed.
  public let scope: ComputeScope

  private(set) var progress: TrainingProgress
  private(set) var totalSteps = 0
  /// That the training ended before its limit; nil where it did not, or goes on.
  public private(set) var earlyStop: EarlyStop?
  private var stepStart = ContinuousClock.now
  var lastSave = ContinuousClock.now

  /// - Parameters:
  ///   - job: with a model whose heads compute what the objective reads.
  ///   - teacher: nil if the objective needs none.
  ///   - checkpointing: nil to keep nothing.
  public init(
    _ job: Job, teacher: (any TeacherSource)?, settings: TrainingSettings, engine: Engine,
    checkpointing: TrainingCheckpointing? = nil, observer: (any TrainingObserver)? = nil
  ) {
    precondition(
      teacher != nil || !settings.objective.needsTeacher, "this objective needs a teacher")
    self.job = job
    self.teacher = settings.objective.needsTeacher ? teacher : nil
    var settings = settings
    settings.objective = settings.objective.resolved(
      student: job.model.dimensions, teacher: teacher.dimensions(of:))
    precondition(
      !settings.objective.searchesLayers, "layers are found (LayerSearch) before a training")
    self.settings = settings
    self.engine = engine
    self.checkpointing = checkpointing
    self.observer = observer
    objectiveParameters = settings.objective.makeParameters(
      student: job.model.dimensions, teacher: teacher.dimensions(of:), seed: settings.seed)
    optimizer = settings.optimization.optimizer.makeOptimizer(
      parameters: job.model.parameters + objectiveParameters.joined())
    groups = ParameterGroups(
      of: optimizer.parameters, settings.optimization, in: job.model,
      terms: zip(objectiveParameters, settings.objective.trainings))
    scope = ComputeScope(engine: engine, recording: true)
    progress = TrainingProgress(termCount: settings.objective.terms.count)
    progress.clock.stepSeconds.reserveCapacity(TrainingClock.keptSteps)
  }

  /// The model that is trained.
  public var model: TransformerModel { job.model }

  /// Optimizer steps of the whole training.
  public var plannedSteps: Int {
    settings.totalSteps(
      over: job.sequenceCount, order: job.order(ofEpoch:), length: job.length(of:))
  }

  private var isFinished: Bool { progress.step >= totalSteps || earlyStop != nil }

  /// Trains to the limit, once; the model ends with the weights that the job's selection rule chooses.
  /// - Returns: the epochs with their evaluations, the loss curve and the clock.
  public func run() throws -> TrainingProgress {
    totalSteps = plannedSteps
    try restore()
    let best = BestWeights(job.selection, checkpointing)
    stepStart = .now
    while !isFinished {
      let order = job.order(ofEpoch: progress.epoch)
      if progress.batch == 0 { job.epochBegins() }
      while progress.batch < order.count, !isFinished {
        try takeStep(in: order)
        if isEvaluationDue { try evaluate(in: order, keeping: best) }
        if progress.batch < order.count, !isFinished { try saveIfDue() }
      }
      if endsEpoch(of: order) {
        try endEpoch()
        // The best weights first: killed between the two, the epoch's end is computed and kept again.
        try best.keepIfBest(of: progress, job.model)
      }
      try save()
      // After the checkpoint of an epoch's end: stops if somebody asked to, with steps left to do.
      if observer?.stopIsRequested ?? false, !isFinished { throw interruption }
    }
    try best.restore(of: progress, into: job.model)
    return progress
  }

  private func takeStep(in order: EpochOrder) throws {
    let step = progress.step
    let group = progress.batch..<min(progress.batch + settings.accumulation, order.count)
    let places = group.indices.map { BatchPlace(step: step, microBatch: $0 - group.lowerBound) }
    let batches = try zip(group, places).map { try job.batch(order[$0], at: $1) }
    let modes = places.map { ForwardMode.training(dropout: job.dropout(at: $0)) }
    progress.drawCount = job.drawCount
    let isBrokenDown = settings.breakdownSteps.map { step % $0 == 0 } ?? false
    let breakdown = isBrokenDown ? try self.breakdown(of: batches, step: step, modes: modes) : nil
    let losses = try pass(
      over: batches, step: step, objective: settings.objective, parameters: objectiveParameters,
      modes: modes, in: scope
    ).losses
    try update(losses, batches, breakdown)
  }

  /// Updates the parameters from their gradients, which are complete here, and reports the step.
  private func update(
    _ losses: StepLosses, _ batches: [TrainingBatch], _ breakdown: GradientBreakdown?
  ) throws {
    let examples = batches.flatMap(\.packed.examples)
    for term in losses.terms where !term.value.isFinite {
      throw TrainingError.notFinite(
        term: term.name, value: term.value, step: progress.step + 1, examples: examples)
    }
    let norm = groups.gradientNorm(on: engine)
    let found = groups.gradientNormApart(on: engine) ?? norm
    guard norm.isFinite, found.isFinite else {
      throw TrainingError.notFinite(
        term: "the gradient's norm", value: norm.isFinite ? found : norm, step: progress.step + 1,
        examples: examples)
    }
    let schedule = settings.optimization.learningRate(totalSteps: totalSteps)
    let factor = schedule.factor(step: progress.step)
    let clipping = GradientClipping(
      maximumNorm: settings.optimization.optimizer.maximumGradientNorm)
    optimizer.step(
      groups.steps(factor: factor, gradientScale: clipping.coefficient(norm: norm)), on: engine)
    clearGradients()

    let tokens = batches.reduce(0) { $0 + $1.packed.tokenCount }
    progress.add(
      losses, sequences: examples.count, tokens: tokens, batches: batches.count)
    if progress.step % window == 0 || isFinished { progress.closeWindow() }
    if let breakdown { progress.breakdowns.append(breakdown) }
    let now = ContinuousClock.now
    let seconds = (now - stepStart) / .seconds(1)
    stepStart = now
    progress.clock.add(step: seconds)
    try observer?.stepCompleted(
      StepReport(
        step: progress.step, totalSteps: totalSteps, epoch: progress.epoch + 1, losses: losses,
        scheduled: settings.objective.scheduled(step: progress.step - 1, of: totalSteps),
        learningRate: schedule.peak * factor, gradientNorm: norm, sequences: examples.count,
        tokens: tokens,
        seconds: seconds, breakdown: breakdown))
  }

  /// Of all parameters: products with trained neighbours leave marks on frozen ones too.
  func clearGradients() {
    job.model.clearGradients()
    for parameter in objectiveParameters.joined() { parameter.clearGradient() }
  }

  /// Steps a point of the curve is the mean of.
  private var window: Int { settings.curve.steps(of: totalSteps) }

  // MARK: Evaluations

  /// Whether the last step's weights would be kept without having been seen.
  private var endsUnseen: Bool {
    progress.step >= totalSteps
      && (job.selection == .last || progress.epochs.allSatisfy { $0.evaluation == nil })
  }

  /// Whether a step ends with an evaluation of its own.
  private var isEvaluationDue: Bool {
    guard let interval = job.evaluationInterval, case .steps = interval else { return false }
    return interval.isDue(afterStep: progress.step) || endsUnseen
  }

  /// Whether an epoch's end is due: at its last batch, and where a limit cuts an epoch short that is evaluated.
  private func endsEpoch(of order: EpochOrder) -> Bool {
    if progress.batch == order.count { return true }
    if case .epochs? = job.evaluationInterval { return true }
    return false
  }

  private func evaluate(in order: EpochOrder, keeping best: BestWeights) throws {
    let (evaluation, seconds) = try timedEvaluation()
    let result = progress.add(
      evaluation, batchCount: order.count, evaluationSeconds: seconds, window: window)
    try observer?.evaluationCompleted(result)
    try best.keepIfBest(of: progress, job.model)
    try stopIfNoBetter()
    stepStart = .now
  }

  private func endEpoch() throws {
    let isEvaluated: Bool
    if let interval = job.evaluationInterval, case .epochs = interval {
      isEvaluated = interval.isDue(afterEpoch: progress.epoch + 1) || endsUnseen
    } else {
      isEvaluated = false
    }
    let evaluated = isEvaluated ? try timedEvaluation() : nil
    let result = progress.endEpoch(
      evaluation: evaluated?.result, evaluationSeconds: evaluated?.seconds ?? 0, window: window)
    try observer?.epochCompleted(result)
    if isEvaluated { try stopIfNoBetter() }
    stepStart = .now
  }

  private func timedEvaluation() throws -> (result: ClassificationResult, seconds: Double) {
    let start = ContinuousClock.now
    let evaluation = try job.evaluation()
    progress.drawCount = job.drawCount
    return (evaluation, (.now - start) / .seconds(1))
  }

  /// After an evaluation with steps left to do: ends the training where it has not improved for long enough.
  private func stopIfNoBetter() throws {
    guard progress.step < totalSteps else { return }
    earlyStop = job.earlyStopping?.stop(after: progress.epochs, by: job.selection)
    guard let earlyStop else { return }
    progress.closeWindow()
    try observer?.stoppedEarly(earlyStop)
  }

  // MARK: Checkpoints

  /// Goes on from the checkpoint, if there is one to go on from.
  private func restore() throws {
    let stored = try checkpointing?.restore(
      model: job.model, objective: Array(objectiveParameters.joined()), optimizer: optimizer,
      settings: settings, selection: job.selection)
    guard let stored else { return }
    progress = stored
    progress.clock.resumes += 1
    job.goOn(afterDraws: progress.drawCount)
    if progress.step < totalSteps {
      earlyStop = job.earlyStopping?.stop(after: progress.epochs, by: job.selection)
    }
  }

  /// After a step that is not the last of its epoch or of the training: saves if it is time to, or if somebody
  /// asked to stop; then it does not return.
  private func saveIfDue() throws {
    let isDue =
      switch checkpointing?.interval {
      case .minutes(let minutes): (.now - lastSave) / .seconds(1) >= minutes * 60
      case .steps(let steps): progress.step % steps == 0
      case .never, nil: false
      }
    let stops = observer?.stopIsRequested ?? false
    if isDue || stops { try save() }
    if stops { throw interruption }
  }

  private func save() throws {
    guard let checkpointing else { return }
    progress.clock.peakMemoryBytes = max(progress.clock.peakMemoryBytes, ProcessMemory.peakBytes)
    try checkpointing.save(
      model: job.model, objective: Array(objectiveParameters.joined()), optimizer: optimizer,
      settings: settings, progress: progress)
    lastSave = .now
    try observer?.checkpointWritten(path: checkpointing.path, step: progress.step)
  }

  private var interruption: TrainingError {
    .interrupted(step: progress.step, checkpoint: checkpointing?.path)
  }
}
