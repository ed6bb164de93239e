import Optimization
import Text
import Transformers

/// Numbers of a masked-language stage: pre-training, or distillation where the objective asks for a teacher.
public struct MaskedLanguageSettings: Sendable, Equatable {
  public var objective: DistillationObjective
  public var optimization: OptimizationSettings
  public var masking: MaskingRule
  public var batchSize: Int
  /// Batches whose gradients make one step. Each term is the mean over what it is taken on in all of them.
  public var accumulation: Int
  public var groupsByLength: Bool
  public var limit: TrainingLimit
  public var seed: UInt64
  /// Steps between points of the loss curve.
  public var window: Int
  /// Steps from one account of the terms to the next, the first step having one; nil for none. The training is the
  /// same to the bit.
  public var accountSteps: Int?

  public init(
    objective: DistillationObjective, optimization: OptimizationSettings, masking: MaskingRule,
    batchSize: Int, accumulation: Int, groupsByLength: Bool, limit: TrainingLimit, seed: UInt64,
    window: Int, accountSteps: Int? = nil
  ) {
    self.objective = objective
    self.optimization = optimization
    self.masking = masking
    self.batchSize = batchSize
    self.accumulation = accumulation
    self.groupsByLength = groupsByLength
    self.limit = limit
    self.seed = seed
    precondition(accountSteps ?? 1 > 0, "accounts every \(accountSteps ?? 0) steps")
    self.window = window
    self.accountSteps = accountSteps
  }
}

extension MaskedLanguageSettings {
  /// Optimizer steps of a whole training.
  func totalSteps(over batches: some MaskedBatchSource) -> Int {
    limit.steps(
      perEpoch: MaskedLanguageTraining.stepsPerEpoch(
        sequences: batches.sequenceCount, settings: self),
      tokensOfSteps: { epoch in
        batches.order(ofEpoch: epoch).tokensOfGroups(
          of: accumulation, lengthOf: batches.length(of:))
      })
  }
}

/// Masked-language training of a student, taught by a teacher or by the text alone.
///
/// Teacher and student read the same masked batch. A partial group of batches at the end of an epoch is a step of
/// its own, with its own means: nothing leaks into the next epoch (DistilBERT's distiller keeps its gradient).
public struct MaskedLanguageTraining {
  let student: TransformerModel
  let teacher: (any TeacherSource)?
  let batches: any MaskedBatchSource
  public var settings: MaskedLanguageSettings
  let engine: Engine
  let checkpointing: TrainingCheckpointing?
  weak var observer: (any TrainingObserver)?
  /// With the moments of the parameters that are trainable when the training is made.
  public let optimizer: any Optimizer
  /// Where the student's steps are computed.
  public let scope: ComputeScope

  /// - Parameters:
  ///   - student: with a masked-LM head; trained in place.
  ///   - teacher: nil if the objective needs none.
  public init(
    student: TransformerModel, teacher: (any TeacherSource)?, batches: any MaskedBatchSource,
    settings: MaskedLanguageSettings, engine: Engine, checkpointing: TrainingCheckpointing? = nil,
    observer: (any TrainingObserver)? = nil
  ) {
    precondition(
      teacher != nil || !settings.objective.needsTeacher, "this objective needs a teacher")
    self.student = student
    self.teacher = teacher
    self.batches = batches
    self.settings = settings
    self.engine = engine
    self.checkpointing = checkpointing
    self.observer = observer
    optimizer = settings.optimization.optimizer.makeOptimizer(parameters: student.parameters)
    scope = ComputeScope(engine: engine, recording: true)
  }

  /// Optimizer steps of an epoch over `sequences` sequences.
  public static func stepsPerEpoch(sequences: Int, settings: MaskedLanguageSettings) -> Int {
    let batches = (sequences + settings.batchSize - 1) / settings.batchSize
    return (batches + settings.accumulation - 1) / settings.accumulation
  }

  /// Optimizer steps of the whole training.
  public var totalSteps: Int { settings.totalSteps(over: batches) }

  /// Trains to the limit, once.
  public func run() throws -> TrainingProgress {
    guard batches.sequenceCount > 0 else {
      throw TrainingError.noData("a corpus of which no sequence is left after cleaning")
    }
    let session = try TrainingSession(
      model: student, optimizer: optimizer, engine: engine, settings: settings.optimization,
      totalSteps: totalSteps, window: settings.window,
      termCount: settings.objective.terms.count, checkpointing: checkpointing, observer: observer)

    while !session.isFinished {
      let order = batches.order(ofEpoch: session.progress.epoch)
      while session.progress.batch < order.count, !session.isFinished {
        let first = session.progress.batch
        let group = first..<min(first + settings.accumulation, order.count)
        let masked = try group.enumerated().map { microBatch, batch in
          try batches.batch(
            order[batch], at: BatchPlace(step: session.progress.step, microBatch: microBatch))
        }
        let step = session.progress.step
        let isAccounted = settings.accountSteps.map { step % $0 == 0 } ?? false
        let account = isAccounted ? try account(of: masked, step: step) : nil
        let stepLosses = try losses(
          of: masked, step: step, objective: settings.objective, in: scope,
          mode: { trainingMode(step: step, microBatch: $0) }
        ).step
        try session.finishStep(
          stepLosses, account: account, examples: masked.flatMap(\.packed.examples),
          tokens: masked.reduce(0) { $0 + $1.packed.tokenCount }, batches: group.count)
        if session.progress.batch < order.count, !session.isFinished { try session.saveIfDue() }
      }
      if session.progress.batch == order.count {
        try session.finishEpoch(evaluation: nil, evaluationSeconds: 0)
      }
      try session.save()
      try session.stopIfRequested()
    }
    return session.progress
  }

  /// What the first step begins with: its losses before any update, without dropout.
  public func initialLosses() throws -> StepLosses {
    let order = batches.order(ofEpoch: 0)
    let group = try order.prefix(settings.accumulation).enumerated().map { microBatch, examples in
      try batches.batch(examples, at: BatchPlace(step: 0, microBatch: microBatch))
    }
    return try losses(
      of: group, step: 0, objective: settings.objective,
      in: ComputeScope(engine: engine, recording: false), mode: { _ in .inference }
    ).step
  }

  func trainingMode(step: Int, microBatch: Int) -> ForwardMode {
    .training(dropout: CounterDropout(seed: settings.seed, step: step, microBatch: microBatch))
  }

  /// Losses of one step's batches; in a recording scope also their gradients.
  func losses(
    of group: [MaskedBatch], step: Int, objective: DistillationObjective,
    measuresTeacherEntropy: Bool = false, in scope: ComputeScope,
    mode: (_ microBatch: Int) -> ForwardMode
  ) throws -> (step: StepLosses, teacherEntropy: Double?) {
    let counts = ObjectiveCounts(group, objective: objective)
    var sums = [String: Double]()
    for (microBatch, batch) in group.enumerated() {
      scope.reset()
      let pass = DistillationPass(
        student: student, teacher: objective.needsTeacher ? teacher : nil, objective: objective,
        counts: counts, scope: scope,
        measuresTeacherEntropy: measuresTeacherEntropy)
      let values = try pass.run(
        batch, at: BatchPlace(step: step, microBatch: microBatch), mode: mode(microBatch))
      sums.merge(values, uniquingKeysWith: +)
      if scope.isRecording { scope.backward() }
    }
    let terms = objective.terms.map { term in
      StepLosses.Term(
        name: term.name, value: counts.mean(of: term.name, sum: sums[term.name] ?? 0))
    }
    let total = zip(objective.terms, terms).reduce(0) { $0 + $1.0.weight * $1.1.value }
    return (
      StepLosses(terms: terms, total: total),
      sums[DistillationPass.teacherEntropy].map {
        counts.mean(of: DistillationPass.teacherEntropy, sum: $0)
      }
    )
  }
}
