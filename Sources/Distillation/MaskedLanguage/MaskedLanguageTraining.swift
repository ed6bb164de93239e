// Masked-language training of a student, taught by a teacher or by the text alone.
import RetortRandomness
import RetortText
import RetortTransformers

/// Pre-training, or distillation where the objective asks for a teacher.
///
/// Teacher and student read the same masked batch. A partial group of batches at the end of an epoch is a step of
/// its own, with its own means: nothing leaks into the next epoch (DistilBERT's distiller keeps its gradient).
public struct MaskedLanguageTraining {
  public let trainer: Trainer<MaskedLanguageJob>

  /// - Parameters:
  ///   - student: with a masked-LM head if the objective reads its logits; trained in place.
  ///   - teacher: nil if the objective needs none.
  ///   - validation: of a student with a classifier; nil for a training that is not evaluated.
  public init(
    student: TransformerModel, teacher: (any TeacherSource)?, batches: any MaskedBatchSource,
    validation: TextValidation? = nil, settings: TrainingSettings, engine: Engine,
    checkpointing: TrainingCheckpointing? = nil,
    observer: (any TrainingObserver)? = nil
  ) {
    trainer = Trainer(
      MaskedLanguageJob(
        model: student, batches: batches, seed: settings.seed, validation: validation,
        engine: engine),
      teacher: teacher, settings: settings, engine: engine, checkpointing: checkpointing,
      observer: observer)
  }

  /// Optimizer steps of the whole training.
  public var totalSteps: Int { trainer.plannedSteps }

  /// Trains to the limit, once.
  public func run() throws -> TrainingProgress {
    guard trainer.job.sequenceCount > 0 else {
      throw TrainingError.noData("all sequences of the corpus were removed by cleaning")
    }
    return try trainer.run()
  }
}

/// Batches of masked text.
public struct MaskedLanguageJob: TrainingJob {
  public let model: TransformerModel
  let batches: any MaskedBatchSource
  let seed: UInt64
  let validation: TextValidation?
  let engine: Engine

  public var sequenceCount: Int { batches.sequenceCount }
  public func length(of sequence: Int) -> Int { batches.length(of: sequence) }
  public func order(ofEpoch epoch: Int) -> EpochOrder { batches.order(ofEpoch: epoch) }

  public func batch(_ sequences: [Int], at place: BatchPlace) throws -> TrainingBatch {
    TrainingBatch(try batches.batch(sequences, at: place))
  }

  public func dropout(at place: BatchPlace) -> any DropoutMaskSource {
    CounterDropout(seed: seed, step: place.step, microBatch: place.microBatch)
  }

  public var evaluationInterval: EvaluationInterval? { validation?.interval }
  public var selection: SelectionRule { validation?.selection ?? .last }

  public func evaluation() throws -> ClassificationResult {
    guard let validation else { preconditionFailure("a training without evaluations") }
    return try ClassificationEvaluation.evaluate(
      model, on: validation.examples, in: ComputeScope(engine: engine, recording: false),
      metrics: validation.metrics)
  }
}

extension TrainingSettings {
  /// Optimizer steps of a whole training over batches.
  func totalSteps(over batches: any MaskedBatchSource) -> Int {
    totalSteps(
      over: batches.sequenceCount, order: batches.order(ofEpoch:), length: batches.length(of:))
  }
}
