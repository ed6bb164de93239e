// Times a classifier on sentences.
import RetortDistillation
import RetortTensorEngine
import RetortText

/// What a benchmark of inference found.
public struct InferenceResult: Encodable, Sendable {
  public var run: TimedRun
  /// `file` or `length`.
  public var order: String
  /// Of the first eight sentences, in the order in which they came.
  public var checkLogits: [[Float]]
  public var flops: Int
  public var operations: [StepResult.Operation]
  /// What was not right; then the times mean nothing.
  public var failures: [String]

  enum CodingKeys: CodingKey { case order, checkLogits, flops, operations, failures }

  public func encode(to encoder: any Encoder) throws {
    try run.encode(to: encoder)
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(order, forKey: .order)
    try values.encode(checkLogits, forKey: .checkLogits)
    try values.encode(flops, forKey: .flops)
    try values.encode(operations, forKey: .operations)
    try values.encode(failures, forKey: .failures)
  }
}

/// Sentences through a classifier, batch by batch, as `ClassificationEvaluation` does it.
public enum InferenceBenchmark {
  public static let job = "inference"

  public enum Order: String, Sendable, CaseIterable {
    /// As the sentences come.
    case file
    /// The shortest first.
    case length
  }

  /// - Parameters:
  ///   - timed: with a classification head.
  ///   - steps: batches to measure, from the first one again where they end; nil for all once.
  ///   - warmup: batches before those, the first ones.
  ///   - data: where the sentences come from, for the result.
  ///   - versions: of the program.
  public static func run(
    _ timed: BenchmarkedModel, on sentences: TokenSequences, batchSize: Int, order: Order,
    steps: Int?, warmup: Int, data: String, versions: [String: String], engine: Engine
  ) throws -> InferenceResult {
    timed.model.keepPacked()  // as `predict` and `evaluate` do
    let whole = LabelledSequences(sequences: sentences, labels: nil)
    let checked = whole.examples(0..<min(8, sentences.count))
    let alone = try logits(timed, checked, engine: Engine(threadCount: 1))
    let all = try logits(timed, checked, engine: engine)
    let places = sorted(sentences, by: order)
    let batches = stride(from: 0, to: places.count, by: batchSize).map {
      whole.examples(places[$0..<min($0 + batchSize, places.count)])
    }
    let scope = ComputeScope(engine: engine, recording: false)
    for step in 0..<warmup {
      _ = try ClassificationEvaluation.evaluate(
        timed.model, on: batches[step % batches.count], in: scope, batchSize: batchSize)
    }
    engine.meter.clear()
    engine.meter.measuresTime = true
    var measured: [(sentences: Int, tokens: Int, seconds: Double)] = []
    var failures = StepBenchmark.failures(
      of: "the first sentences' logits", oneThread: alone.map(Double.init),
      all: all.map(Double.init))
    var expected = 0
    for step in 0..<(steps ?? batches.count) {
      let batch = batches[step % batches.count]
      let start = ContinuousClock.now
      _ = try ClassificationEvaluation.evaluate(
        timed.model, on: batch, in: scope, batchSize: batchSize)
      measured.append(
        (batch.count, batch.sequences.tokenCount, (ContinuousClock.now - start) / .seconds(1)))
      expected +=
        StepProducts.classification(
          timed.model, lengths: batch.sequences.lengths, trains: false
        ).flops
    }
    let work = engine.meter
    if work.flops != expected {
      failures.append(
        "the engine counts \(work.flops) floating-point operations of products, "
          + "the model's shapes come to \(expected)")
    }
    return InferenceResult(
      run: TimedRun(
        job: job, model: timed.name, weights: timed.weights.rawValue, data: data,
        threads: engine.threadCount, batchSize: batchSize, warmup: warmup, steps: measured,
        peakResidentBytes: ProcessMemory.peakBytes, versions: versions),
      order: order.rawValue,
      checkLogits: stride(from: 0, to: all.count, by: timed.model.configuration.labels.count).map {
        Array(all[$0..<$0 + timed.model.configuration.labels.count])
      },
      flops: work.flops, operations: work.totals.map(StepResult.Operation.init),
      failures: failures)
  }

  private static func sorted(_ sentences: TokenSequences, by order: Order) -> [Int] {
    let places = Array(0..<sentences.count)
    return switch order {
    case .file: places
    case .length:
      places.sorted { (sentences.length(of: $0), $0) < (sentences.length(of: $1), $1) }
    }
  }

  private static func logits(
    _ timed: BenchmarkedModel, _ batch: LabelledSequences, engine: Engine
  ) throws -> [Float] {
    try ClassificationEvaluation.evaluate(
      timed.model, on: batch, in: ComputeScope(engine: engine, recording: false),
      batchSize: batch.count
    ).logits
  }
}
