// Times the steps of distilling a masked-language model.
import Foundation
import RetortDistillation
import RetortFiles
import RetortStorage
import RetortTensorEngine
import RetortText
import RetortTransformers

/// Where the targets of the steps that are timed come from.
public enum TargetSource: String, Sendable, CaseIterable {
  /// The teacher is run on every batch.
  case live
  /// Its last hidden states were stored before, as float32: the same loss to the bit.
  case exact
  /// The largest of its logits were stored before: another loss.
  case topK = "top-k"
}

/// Everything a step of `MaskedLanguageTraining` needs, with a given objective or with that of DistilBERT: divergence at all
/// positions, masked words and the cosine of the last hidden states, or from the largest logits the first two.
public enum DistillationBenchmark {
  public static let job = "distillation"

  /// Logits kept of each position where targets are the largest; all of a smaller vocabulary.
  public static let keptLogits = 64

  /// - Parameters:
  ///   - student: with the heads that the objective reads; trained in place.
  ///   - teacher: likewise, of the same vocabulary.
  ///   - text: of sequences of one length; batches are consecutive ones, from the beginning again where they end.
  ///   - loss: of a live teacher; nil for that of DistilBERT, for which both have a masked-language head.
  public static func run(
    student: BenchmarkedModel, teacher: BenchmarkedModel, text: ConnectedText, length: Int,
    targets: TargetSource, loss: Objective? = nil, settings: StepSettings, engine: Engine
  ) throws -> StepResult {
    precondition(loss == nil || targets == .live, "a loss of one's own is taught by a live teacher")
    let job = DistillationJob(
      student: student.model, teacher: teacher.model, text: text, targets: targets,
      settings: trainingSettings(loss ?? distilBERT(readsStates: targets != .topK), settings),
      keptLogits: min(keptLogits, teacher.model.configuration.vocabularySize))
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("retort-bench-\(UUID().uuidString)").path
    try Folder.create(path: folder)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let store = try job.storedTargets(in: folder, engine: engine)

    let alone = try job.training(store, engine: Engine(threadCount: 1)).trainer.initialLosses()
      .values
    let all = try job.training(store, engine: engine).trainer.initialLosses().values
    let monitor = StepMonitor(settings, engine: engine)
    let training = try job.training(store, engine: engine, observer: monitor)
    if settings.age == .late {
      (training.trainer.optimizer as? AdamWOptimizer)?.makeLate(
        words: student.model.encoder.embeddings.words)
    }
    monitor.start(watching: training.trainer.scope)
    _ = try training.run()

    let order = TimedOrder(
      count: text.sequenceCount, batchSize: settings.batchSize, warmup: settings.warmup)
    var result = StepBenchmark(
      settings: settings, engine: engine, monitor: monitor, job: Self.job, timed: student,
      checkLoss: all[0], countsAll: loss == nil,
      products: { step in
        job.products(lengths: order.examples(ofStep: step).map(text.length(of:)))
      }
    ).result(
      failures: StepBenchmark.failures(of: "the first batch's loss", oneThread: alone, all: all))
    result.length = length
    result.targets = targets.rawValue
    result.loss = loss?.sum
    result.teacher = teacher.name
    return result
  }

  /// Source: README of DistilBERT's distiller (transformers-research-projects fccd0cd).
  /// - Parameter readsStates: whether the teacher's hidden states are to be had.
  private static func distilBERT(readsStates: Bool) -> Objective {
    Objective(
      [
        WeightedTerm(5, SoftTargets(temperature: 2, positions: .all)),
        WeightedTerm(2, MaskedLanguage()),
      ] + (readsStates ? [WeightedTerm(1, HiddenCosine())] : []))
  }

  /// The numbers of DistilBERT's own distillation, at a constant rate.
  static func trainingSettings(
    _ objective: Objective, _ settings: StepSettings
  ) -> TrainingSettings {
    TrainingSettings(
      objective: objective,
      optimization: OptimizationSettings(
        optimizer: AdamW(
          learningRate: 5e-4, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0,
          maximumGradientNorm: 5), warmup: .steps(0), schedule: ConstantSchedule()),
      batchSize: settings.batchSize, accumulation: 1,
      limit: .steps(settings.totalSteps), seed: 42, curve: .steps(settings.totalSteps))
  }
}

/// One distillation, to be made several times over.
private struct DistillationJob {
  let student: TransformerModel
  let teacher: TransformerModel
  let text: ConnectedText
  let targets: TargetSource
  let settings: TrainingSettings
  /// Of each position, where targets are the largest.
  let keptLogits: Int

  /// What the store must be of.
  private static let identity = ["source": "benchmark"]

  /// Runs the teacher ahead and keeps what it says; nil for a live one.
  func storedTargets(in folder: String, engine: Engine) throws -> StageActivationStore? {
    let layout: StageActivationLayout
    switch targets {
    case .live: return nil
    case .exact:
      layout = StageActivationLayout(
        ModelOutputs([
          .init(
            .hiddenState(ModelOutput.lastLayer), width: teacher.configuration.hiddenSize,
            precision: .f32)
        ]))
    case .topK:
      layout = StageActivationLayout(
        ModelOutputs(
          topLogits: .init(
            count: keptLogits, temperatures: [2], positions: .all, precision: .f32)))
    }
    let path = "\(folder)/targets.h5"
    let writer = try StageActivationWriter(path: path, layout: layout, source: Self.identity)
    try StageActivationRecording(
      teachers: [teacher], batches: text, settings: settings, engine: engine
    ).run(into: writer)
    try writer.finish()
    return try StageActivationStore(path: path)
  }

  func training(
    _ store: StageActivationStore?, engine: Engine, observer: (any TrainingObserver)? = nil
  ) throws -> MaskedLanguageTraining {
    var settings = settings
    if let store { settings.objective = try settings.objective.taught(from: store.outputs.models) }
    let source: any TeacherSource =
      if settings.objective.readsOfTeacher.classLogits {
        // As a stage does it: each sequence is answered once.
        try ClassifierTeacher(
          model: teacher, training: text.sequences, reads: settings.objective.readsOfTeacher,
          engine: engine)
      } else if let store {
        try StoredTeacher(
          store: store, identity: Self.identity, objective: settings.objective,
          head: targets == .exact ? teacher.maskedLanguageHead : nil,
          vocabularySize: student.configuration.vocabularySize, engine: engine)
      } else {
        LiveTeacher(model: teacher, engine: engine)
      }
    return MaskedLanguageTraining(
      student: student, teacher: source, batches: text, settings: settings, engine: engine,
      observer: observer)
  }

  /// - Parameter lengths: of a step's sequences.
  func products(lengths: [Int]) -> StepProducts {
    // Heads that a loss reads at some rows alone are not among them.
    guard student.maskedLanguageHead != nil, teacher.maskedLanguageHead != nil else {
      return .encoder(student, lengths: lengths, trains: true)
        + .encoder(teacher, lengths: lengths, trains: false)
    }
    let student = StepProducts.maskedLanguage(student, lengths: lengths, trains: true)
    return switch targets {
    case .live: student + .maskedLanguage(teacher, lengths: lengths, trains: false)
    case .exact: student + .maskedLanguageHead(teacher, lengths: lengths, trains: false)
    case .topK: student
    }
  }
}

extension StepLosses {
  /// The total, then the terms.
  var values: [Double] { [total] + terms.map(\.value) }
}
