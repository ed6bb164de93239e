// Outputs of models for the examples of a training, computed once.
import RetortStorage
import RetortText
import RetortTransformers

/// Computes what live teachers would say to the examples of a text or task, in the order of the data, and stores it.
///
/// No value of an example depends on which others are computed together with it: no operation of a forward pass mixes rows
/// of two sequences, or adds up in an order that depends on their number. What is stored is what a live teacher computes, in
/// whatever batch it meets the example.
public struct ExampleActivationRecording {
  let models: [TransformerModel]
  let engine: Engine
  /// Tokens that are computed together, at least.
  static let batchTokens = 1024

  /// - Parameter models: in the order of the writer's layout, with the heads whose logits are kept.
  public init(models: [TransformerModel], engine: Engine) {
    (self.models, self.engine) = (models, engine)
  }

  /// Goes on behind the examples that are safe, to the end; `writer.finish()` is left to the caller.
  public func run(
    over sequences: any SequenceSource, into writer: ExampleActivationWriter,
    observer: (any RecordingObserver)? = nil
  ) throws {
    let computation = ExampleComputation(models: models, writer: writer, engine: engine)
    let (total, finished) = (sequences.count, writer.finishedSequenceCount)
    var clock = RecordingClock(total: total, observer: observer)
    var waiting: [Int] = []
    var tokens = 0
    for number in 0..<total {
      waiting.append(number)
      tokens += sequences.length(of: number)
      guard tokens >= Self.batchTokens || number + 1 == total else { continue }
      defer {
        waiting.removeAll(keepingCapacity: true)
        tokens = 0
      }
      guard number >= finished else { continue }
      try computation.record(PackedBatch(waiting.filter { $0 >= finished }, of: sequences))
      try clock.report(done: number + 1, tokens: tokens, writer)
    }
  }
}

/// Examples on their way through models into a store.
struct ExampleComputation {
  private let computations: [OutputComputation]
  private let writer: ExampleActivationWriter

  init(models: [TransformerModel], writer: ExampleActivationWriter, engine: Engine) {
    precondition(
      models.count == writer.layout.models.count,
      "\(models.count) models for the outputs of \(writer.layout.models.count)")
    computations = zip(models, writer.layout.models).map {
      OutputComputation($0, $1, engine: engine)
    }
    self.writer = writer
  }

  func record(_ batch: PackedBatch) throws {
    let layout = SequenceLayout(batch)
    let outputs = try computations.map { try $0.values(of: batch, layout: layout) }
    try batch.tokenIDs.withUnsafeBufferPointer {
      try writer.append(tokenIDs: $0, offsets: batch.offsets, outputs: outputs)
    }
  }
}

extension RecordingClock {
  /// - Throws: when somebody asked to stop with examples left; then everything is on the disk.
  mutating func report(
    done: Int, tokens: Int, _ writer: ExampleActivationWriter
  ) throws {
    guard report(done: done, tokens: tokens), done < total else { return }
    try writer.save()
    throw RecordingError.interrupted(done: done, total: total, units: "sequences")
  }
}
