// Times the steps of fine-tuning a classifier.
import RetortDistillation
import RetortTensorEngine
import RetortText

/// Everything a step of `FineTuning` needs, forward, backward, clipping and AdamW, on consecutive batches.
public enum FineTuningBenchmark {
  public static let job = "fine-tuning"

  /// - Parameters:
  ///   - timed: with a classification head; trained in place.
  ///   - sentences: with labels; batches are consecutive ones, from the beginning again where they end.
  public static func run(
    _ timed: BenchmarkedModel, on sentences: LabelledSequences, settings: StepSettings,
    engine: Engine
  ) throws -> StepResult {
    let first = sentences.examples(0..<min(settings.batchSize, sentences.count))
    let alone = try check(timed, on: first, engine: Engine(threadCount: 1))
    let all = try check(timed, on: first, engine: engine)

    let order = TimedOrder(
      count: sentences.count, batchSize: settings.batchSize, warmup: settings.warmup)
    let monitor = StepMonitor(settings, engine: engine)
    let training = FineTuning(
      model: timed.model, training: sentences,
      validation: LabelledSequences(sequences: .init(), labels: []),
      settings: trainerSettings(settings), selectBest: .last, order: .sequential, engine: engine,
      observer: monitor)
    if settings.age == .late {
      (training.trainer.optimizer as? AdamWOptimizer)?.makeLate(
        words: timed.model.encoder.embeddings.words)
    }
    monitor.start(watching: training.trainer.scope)
    _ = try training.run()
    return StepBenchmark(
      settings: settings, engine: engine, monitor: monitor, job: job, timed: timed,
      checkLoss: all[0],
      products: { step in
        .classification(
          timed.model, lengths: order.examples(ofStep: step).map(sentences.sequences.length(of:)),
          trains: true)
      }
    ).result(
      failures: StepBenchmark.failures(of: "the first batch's loss", oneThread: alone, all: all))
  }

  /// Loss and logits without dropout.
  private static func check(
    _ timed: BenchmarkedModel, on batch: LabelledSequences, engine: Engine
  ) throws -> [Double] {
    let result = try ClassificationEvaluation.evaluate(
      timed.model, on: batch, in: ComputeScope(engine: engine, recording: false),
      batchSize: batch.count)
    return [result.loss] + result.logits.map(Double.init)
  }

  /// As Hugging Face's Trainer steps by default, at a constant rate.
  private static func trainerSettings(_ settings: StepSettings) -> TrainingSettings {
    TrainingSettings(
      objective: Objective(WeightedTerm(1, CrossEntropy())),
      optimization: OptimizationSettings(
        optimizer: AdamW(
          learningRate: 2e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0,
          maximumGradientNorm: 1), warmup: .steps(0), schedule: ConstantSchedule()),
      batchSize: settings.batchSize, accumulation: 1, limit: .steps(settings.totalSteps), seed: 42,
      curve: .steps(settings.totalSteps))
  }
}

/// Which examples the measured steps of a run over consecutive batches see.
struct TimedOrder {
  let count: Int
  let batchSize: Int
  let warmup: Int

  /// - Parameter step: among the measured ones, from 0.
  func examples(ofStep step: Int) -> Range<Int> {
    let batches = (count + batchSize - 1) / batchSize
    let batch = (warmup + step) % batches
    return batch * batchSize..<min((batch + 1) * batchSize, count)
  }
}
