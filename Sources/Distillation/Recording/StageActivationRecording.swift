// The teacher's side of a distillation stage, run ahead of it and kept.
import RetortStorage
import RetortText
import RetortTransformers

/// Computes what a live teacher would say to every batch of a training, in training order, and stores it.
public struct StageActivationRecording {
  let teachers: [TransformerModel]
  let batches: any MaskedBatchSource
  let settings: TrainingSettings
  let engine: Engine
  /// Steps of the training.
  public let totalSteps: Int

  /// What all steps come to.
  public struct Amount: Sendable, Equatable {
    public var batches = 0
    public var tokens = 0
    public var sequences = 0
  }

  /// - Parameters:
  ///   - teachers: in the order of the writer's layout, with a masked-LM head if logits are kept.
  ///   - batches: the training's.
  ///   - settings: the training's; batching and limit are read.
  public init(
    teachers: [TransformerModel], batches: any MaskedBatchSource, settings: TrainingSettings,
    engine: Engine
  ) {
    self.teachers = teachers
    self.batches = batches
    self.settings = settings
    self.engine = engine
    totalSteps = settings.totalSteps(over: batches)
  }

  /// Batches, tokens and sequences of all steps; nothing is computed.
  public var amount: Amount {
    var amount = Amount()
    var (epoch, step) = (0, 0)
    while step < totalSteps {
      let order = batches.order(ofEpoch: epoch)
      for first in stride(from: 0, to: order.count, by: settings.accumulation)
      where step < totalSteps {
        for batch in order[first..<min(first + settings.accumulation, order.count)] {
          amount.batches += 1
          amount.sequences += batch.count
          amount.tokens += batch.reduce(0) { $0 + batches.length(of: $1) }
        }
        step += 1
      }
      epoch += 1
    }
    return amount
  }

  /// Goes on behind the batches that are safe, to the end; `writer.finish()` is left to the caller.
  public func run(
    into writer: StageActivationWriter, observer: (any RecordingObserver)? = nil
  ) throws {
    let finished = writer.finishedBatchCount
    precondition(
      teachers.count == writer.layout.models.count,
      "\(teachers.count) teachers for the outputs of \(writer.layout.models.count)")
    let computations = zip(teachers, writer.layout.models).map {
      OutputComputation($0, $1, engine: engine)
    }
    var clock = RecordingClock(total: totalSteps, observer: observer)
    var (epoch, step, number) = (0, 0, 0)
    while step < totalSteps {
      let order = batches.order(ofEpoch: epoch)
      for first in stride(from: 0, to: order.count, by: settings.accumulation)
      where step < totalSteps {
        var tokens = 0
        let group = first..<min(first + settings.accumulation, order.count)
        for (microBatch, batch) in group.enumerated() {
          defer { number += 1 }
          guard number >= finished else { continue }
          let masked = try batches.batch(
            order[batch], at: BatchPlace(step: step, microBatch: microBatch))
          try record(
            masked, at: RetortStorage.BatchPlace(epoch: epoch, step: step, microBatch: microBatch),
            by: computations, into: writer)
          tokens += masked.packed.tokenCount
        }
        step += 1
        guard tokens > 0 else { continue }
        if clock.report(done: step, tokens: tokens), step < totalSteps {
          try writer.save()
          throw RecordingError.interrupted(done: step, total: totalSteps, units: "steps")
        }
      }
      epoch += 1
    }
  }

  private func record(
    _ batch: MaskedBatch, at place: RetortStorage.BatchPlace, by computations: [OutputComputation],
    into writer: StageActivationWriter
  ) throws {
    let layout = SequenceLayout(batch.packed)
    let masked = batch.labels.maskedRows
    let outputs = try computations.map {
      try $0.values(of: batch.packed, layout: layout, masked: masked)
    }
    try batch.packed.tokenIDs.withUnsafeBufferPointer { tokenIDs in
      try batch.labels.withUnsafeBufferPointer { labels in
        try writer.append(
          StageActivationBatch(
            place: place, tokenIDs: tokenIDs, labels: labels, offsets: batch.packed.offsets,
            examples: batch.packed.examples),
          outputs: outputs)
      }
    }
  }
}
