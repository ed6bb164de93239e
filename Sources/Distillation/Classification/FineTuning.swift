import Optimization
import Text
import Transformers

/// Fine-tuning of a classifier with the semantics of Hugging Face's Trainer (transformers 4.44.2) that the
/// report used: a new order every epoch with the last, smaller batch kept; cross-entropy averaged over
/// the examples of a step; AdamW under a linear schedule, clipped by global norm; evaluation after each epoch.
public struct FineTuning {
  /// Names of the loss terms, in the order in which they are logged.
  public static func termNames(isTaught: Bool) -> [String] {
    isTaught ? ["soft_targets", "cross_entropy"] : ["cross_entropy"]
  }

  let model: TransformerModel
  let training: LabelledSequences
  let validation: LabelledSequences
  let teaching: ClassTeaching?
  let settings: FineTuningSettings
  let engine: Engine
  let checkpointing: TrainingCheckpointing?
  weak var observer: (any TrainingObserver)?
  /// With the moments of the parameters that are trainable when the fine-tuning is made.
  public let optimizer: any Optimizer
  /// Where steps are computed.
  public let scope: ComputeScope

  /// - Parameters:
  ///   - model: with a classification head; trained in place.
  ///   - teaching: of the same training set; nil to learn from the labels alone.
  public init(
    model: TransformerModel, training: LabelledSequences, validation: LabelledSequences,
    teaching: ClassTeaching? = nil, settings: FineTuningSettings, engine: Engine,
    checkpointing: TrainingCheckpointing? = nil,
    observer: (any TrainingObserver)? = nil
  ) {
    self.model = model
    self.training = training
    self.validation = validation
    self.teaching = teaching
    self.settings = settings
    self.engine = engine
    self.checkpointing = checkpointing
    self.observer = observer
    optimizer = settings.optimization.optimizer.makeOptimizer(parameters: model.parameters)
    scope = ComputeScope(engine: engine, recording: true)
  }

  /// Optimizer steps of an epoch.
  public static func stepsPerEpoch(examples: Int, settings: FineTuningSettings) -> Int {
    let batches = (examples + settings.batchSize - 1) / settings.batchSize
    return (batches + settings.accumulation - 1) / settings.accumulation
  }

  /// Optimizer steps of the whole training.
  public var totalSteps: Int {
    settings.limit.steps(
      perEpoch: Self.stepsPerEpoch(examples: training.count, settings: settings),
      tokensOfSteps: { epoch in
        randomness(drawCount: 0).order(of: training.count, epoch: epoch).tokensOfGroups(
          of: settings.accumulation, lengthOf: training.sequences.length(of:))
      })
  }

  /// Tokens of each batch of the first epoch, in the order of training.
  public var batchTokens: [Int] {
    randomness(drawCount: 0).order(of: training.count, epoch: 0).tokensOfGroups(
      of: 1, lengthOf: training.sequences.length(of:))
  }

  /// Trains to the limit, once; the model ends with the weights that `selectBest` chooses.
  /// - Returns: the epochs with their evaluations, the loss curve and the clock.
  public func run() throws -> TrainingProgress {
    guard let labels = training.labels, training.count > 0 else {
      throw TrainingError.noData("a training set without labelled examples")
    }
    let session = try TrainingSession(
      model: model, optimizer: optimizer, engine: engine, settings: settings.optimization,
      totalSteps: totalSteps, window: settings.window,
      termCount: Self.termNames(isTaught: teaching != nil).count,
      checkpointing: checkpointing, observer: observer)
    let best = BestWeights(checkpointing)
    var randomness = randomness(drawCount: session.progress.drawCount)

    while !session.isFinished {
      let order = randomness.order(of: training.count, epoch: session.progress.epoch)
      if session.progress.batch == 0 { randomness.beginLoading() }
      while session.progress.batch < order.count, !session.isFinished {
        let first = session.progress.batch
        let batches = order[first..<min(first + settings.accumulation, order.count)]
        let examples = batches.flatMap { $0 }
        var (divergence, loss) = (0.0, 0.0)
        var tokens = 0
        for (microBatch, indices) in batches.enumerated() {
          let batch = PackedBatch(indices, of: training.sequences)
          tokens += batch.tokenCount
          scope.reset()
          let dropout = randomness.dropout(
            step: session.progress.step, microBatch: microBatch)
          let logits = model.classify(
            tokenIDs: batch.tokenIDs, layout: SequenceLayout(offsets: batch.offsets),
            mode: .training(dropout: dropout), in: scope)
          if let teaching {
            divergence += scope.softTargetDivergence(
              student: logits,
              teacher: scope.input(
                teaching.logits(of: indices), rows: logits.rows, columns: logits.columns),
              temperature: Float(teaching.temperature),
              gradientScale: teaching.softTargetWeight / Double(examples.count)
            ).reduce(0, +)
          }
          loss += scope.crossEntropy(
            logits: logits, labels: indices.map { labels[$0] },
            gradientScale: (teaching?.labelWeight ?? 1) / Double(examples.count)
          ).reduce(0, +)
          scope.backward()
        }
        session.progress.drawCount = randomness.drawCount
        try session.finishStep(
          losses(divergence: divergence, crossEntropy: loss, examples: examples.count),
          examples: examples, tokens: tokens, batches: batches.count)
        if session.progress.batch < order.count, !session.isFinished { try session.saveIfDue() }
      }
      randomness.beginLoading()
      session.progress.drawCount = randomness.drawCount
      try finishEpoch(session, keeping: best)
    }
    if let chosen = settings.selectBest.bestEpoch(of: session.progress.epochs),
      chosen != session.progress.epoch
    {
      try best.restore(into: model)
    }
    return session.progress
  }

  /// From sums over the examples of a step to the means that are logged.
  private func losses(divergence: Double, crossEntropy: Double, examples: Int) -> StepLosses {
    let means = [divergence, crossEntropy].map { $0 / Double(examples) }
    guard let teaching else {
      return StepLosses(terms: [.init(name: "cross_entropy", value: means[1])], total: means[1])
    }
    return StepLosses(
      terms: zip(Self.termNames(isTaught: true), means).map { .init(name: $0, value: $1) },
      total: teaching.softTargetWeight * means[0] + teaching.labelWeight * means[1])
  }

  private func randomness(drawCount: Int) -> FineTuningRandomness {
    FineTuningRandomness(
      settings, configuration: model.configuration, drawCount: drawCount)
  }

  private func finishEpoch(_ session: TrainingSession, keeping best: BestWeights) throws {
    let start = ContinuousClock.now
    let result = try ClassificationEvaluation.evaluate(
      model, on: validation, in: ComputeScope(engine: engine, recording: false))
    try session.finishEpoch(
      evaluation: result, evaluationSeconds: (.now - start) / .seconds(1))
    // The best weights first: killed between the two, the epoch's end is computed and kept again.
    let rule = settings.selectBest
    if rule != .last, rule.bestEpoch(of: session.progress.epochs) == session.progress.epoch {
      try best.keep(model)
    }
    try session.save()
    try session.stopIfRequested()
  }
}
