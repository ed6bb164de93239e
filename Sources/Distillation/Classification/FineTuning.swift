// Fine-tuning of a classifier.
import RetortEvaluation
import RetortRandomness
import RetortText
import RetortTransformers

/// Where random numbers come from.
public enum RandomSource: String, Sendable, CaseIterable {
  /// Functions of seed, step and place: the same at any thread count, interrupted or not.
  case counter
  /// The draws of PyTorch 2.4.0 on a CPU, built with MKL as PyPI's is, to replay a run of Hugging Face's Trainer.
  case torch24CPU = "torch-2.4-cpu"
}

/// Fine-tuning of a classifier with the semantics of Hugging Face's Trainer (transformers 4.44.2) that the
/// report used: a new order every epoch with the last, smaller batch kept; the loss averaged over
/// the examples of a step; AdamW under a linear schedule, clipped by global norm; evaluation after each epoch, or every so many steps.
public struct FineTuning {
  public enum ExampleOrder: Sendable, Equatable {
    /// A new permutation every epoch.
    case shuffled
    /// As the data stands, every epoch.
    case sequential
  }

  public let trainer: Trainer<ClassificationJob>

  /// - Parameters:
  ///   - model: with a classification head; trained in place.
  ///   - training: labelled.
  ///   - validation: what the model is evaluated on.
  ///   - teacher: of the same training set; nil to learn from the labels alone.
  ///   - selectBest: which evaluation's weights the model ends with.
  ///   - metrics: what each evaluation computes, besides what `selectBest` needs.
  ///   - evaluateEvery: when it is evaluated. The last step is evaluated too where `selectBest` is `last`, and where
  ///     nothing was evaluated before.
  ///   - earlyStopping: ends the training before its limit where `selectBest` finds nothing better; nil for never.
  ///   - evaluationBatchSize: sentences in one forward pass of an evaluation.
  public init(
    model: TransformerModel, training: LabelledSequences, validation: LabelledSequences,
    teacher: (any TeacherSource)? = nil, settings: TrainingSettings, selectBest: SelectionRule,
    metrics: [any Metric.Type] = [], evaluateEvery: EvaluationInterval = .epochs(1),
    earlyStopping: EarlyStopping? = nil,
    evaluationBatchSize: Int = ClassificationEvaluation.batchSize,
    order: ExampleOrder = .shuffled, random: RandomSource = .counter, engine: Engine,
    checkpointing: TrainingCheckpointing? = nil, observer: (any TrainingObserver)? = nil
  ) {
    precondition(
      earlyStopping == nil || selectBest != .last, "early stopping compares evaluations")
    trainer = Trainer(
      ClassificationJob(
        model: model, training: training, validation: validation, selection: selectBest,
        metrics: selectBest.metrics(
          besides: metrics, of: training.numbers == nil ? .classification : .regression),
        interval: evaluateEvery, earlyStopping: earlyStopping,
        evaluationBatchSize: evaluationBatchSize,
        labelSmoothing: settings.objective.labelSmoothing,
        randomness: FineTuningRandomness(
          source: random, order: order, batchSize: settings.batchSize, seed: settings.seed,
          configuration: model.configuration),
        engine: engine),
      teacher: teacher, settings: settings, engine: engine, checkpointing: checkpointing,
      observer: observer)
  }

  /// The model that is trained.
  public var model: TransformerModel { trainer.job.model }

  /// Optimizer steps of the whole training, if nothing ends it before.
  public var totalSteps: Int { trainer.plannedSteps }

  /// That the training ended before its limit, and why; nil where it did not.
  public var earlyStop: EarlyStop? { trainer.earlyStop }

  /// Tokens of each batch of the first epoch, in the order of training.
  public var batchTokens: [Int] {
    trainer.job.order(ofEpoch: 0).tokensOfGroups(of: 1, lengthOf: trainer.job.length(of:))
  }

  /// Trains to the limit, once; the model ends with the weights that `selectBest` chooses.
  /// - Returns: the epochs with their evaluations, the loss curve and the clock.
  public func run() throws -> TrainingProgress {
    let training = trainer.job.training
    guard training.hasLabels, training.count > 0 else {
      throw TrainingError.noData("a training set without labelled examples")
    }
    return try trainer.run()
  }
}

/// Batches of labelled sentences.
public struct ClassificationJob: TrainingJob {
  public let model: TransformerModel
  let training: LabelledSequences
  let validation: LabelledSequences
  public let selection: SelectionRule
  let metrics: [any Metric.Type]
  let interval: EvaluationInterval
  public let earlyStopping: EarlyStopping?
  let evaluationBatchSize: Int
  let labelSmoothing: Double
  var randomness: FineTuningRandomness
  let engine: Engine

  public var sequenceCount: Int { training.count }
  public func length(of sequence: Int) -> Int { training.sequences.length(of: sequence) }

  public func order(ofEpoch epoch: Int) -> EpochOrder {
    randomness.order(of: training.count, epoch: epoch)
  }

  public func batch(_ sequences: [Int], at place: BatchPlace) -> TrainingBatch {
    let packed = PackedBatch(sequences, of: training.sequences)
    if let numbers = training.numbers {
      return TrainingBatch(packed, numbers: sequences.map { numbers[$0] })
    }
    guard let labels = training.labels else { preconditionFailure("sentences without labels") }
    return TrainingBatch(packed, classes: sequences.map { labels[$0] })
  }

  public mutating func dropout(at place: BatchPlace) -> any DropoutMaskSource {
    randomness.dropout(step: place.step, microBatch: place.microBatch)
  }

  public mutating func epochBegins() { randomness.beginLoading() }

  public var evaluationInterval: EvaluationInterval? { interval }

  public mutating func evaluation() throws -> ClassificationResult {
    randomness.beginLoading()
    return try ClassificationEvaluation.evaluate(
      model, on: validation, in: ComputeScope(engine: engine, recording: false),
      batchSize: evaluationBatchSize, metrics: metrics, labelSmoothing: labelSmoothing)
  }

  public var drawCount: Int { randomness.drawCount }
  public mutating func goOn(afterDraws count: Int) { randomness.goOn(afterDraws: count) }
}
