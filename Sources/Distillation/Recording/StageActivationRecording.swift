// The teacher's side of a distillation stage, run ahead of it and kept.
import RetortStorage
import RetortText
import RetortTransformers

/// Computes what a live teacher would say to every batch of a training, in training order, and stores it.
public struct StageActivationRecording {
  let teacher: TransformerModel
  let batches: any MaskedBatchSource
  let settings: TrainingSettings
  let engine: Engine
  /// Steps of the training.
  public let totalSteps: Int

  /// - Parameters:
  ///   - teacher: with a masked-LM head if logits are kept.
  ///   - batches: the training's.
  ///   - settings: the training's; batching and limit are read.
  public init(
    teacher: TransformerModel, batches: any MaskedBatchSource, settings: TrainingSettings,
    engine: Engine
  ) {
    self.teacher = teacher
    self.batches = batches
    self.settings = settings
    self.engine = engine
    totalSteps = settings.totalSteps(over: batches)
  }

  /// Goes on behind the batches that are safe, to the end; `writer.finish()` is left to the caller.
  public func run(
    into writer: StageActivationWriter, observer: (any RecordingObserver)? = nil
  ) throws {
    let finished = writer.finishedBatchCount
    let scope = ComputeScope(engine: engine, recording: false)
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
            in: scope, into: writer)
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
    _ batch: MaskedBatch, at place: RetortStorage.BatchPlace, in scope: ComputeScope,
    into writer: StageActivationWriter
  ) throws {
    scope.reset()
    let layout = SequenceLayout(batch.packed)
    let masked = RowSelection(layout: layout, rows: batch.labels.maskedRows)
    let logits = writer.layout.topLogits
    let logitRows = logits.map { $0.positions == .all ? layout.allRows : masked }
    let layers = (writer.layout.hiddenStates?.layers ?? []).compactMap(
      HiddenLayer.init(storedName:))
    let observed = teacher.observe(
      batch.packed, layout: layout, hiddenStates: Set(layers),
      logitRows: logitRows.flatMap { $0.count > 0 ? $0 : nil }, classLogits: false,
      mode: .inference, in: scope)
    var selection: TopLogitSelection?
    if let logits, let logitRows {
      let kept = TopLogitSelection(
        rows: logitRows.count, count: logits.count, temperatures: logits.temperatures)
      if let last = observed.last, logitRows.count > 0 {
        select(kept, from: last, rows: logitRows, in: scope)
      }
      selection = kept
    }
    try batch.packed.tokenIDs.withUnsafeBufferPointer { tokenIDs in
      try batch.labels.withUnsafeBufferPointer { labels in
        try writer.append(
          StageActivationBatch(
            place: place, tokenIDs: tokenIDs, labels: labels, offsets: batch.packed.offsets,
            examples: batch.packed.examples),
          hiddenStates: Dictionary(
            uniqueKeysWithValues: layers.map {
              ($0.storedName, observed.tensors.hiddenState($0).values)
            }),
          topLogits: selection.map {
            .init(values: $0.values, ids: $0.ids, logNormalizers: $0.logNormalizers)
          })
      }
    }
    extendLifetime(selection)
  }

  /// Sends the teacher's own logits past the selection.
  private func select(
    _ selection: TopLogitSelection, from last: (rows: Tensor, selection: RowSelection),
    rows: RowSelection, in scope: ComputeScope
  ) {
    guard let head = teacher.maskedLanguageHead else {
      preconditionFailure("a teacher without a masked-LM head has no logits")
    }
    let wanted =
      last.selection.count == rows.count ? last.rows : scope.rows(rows.rows, of: last.rows)
    let features = head.transform(
      wanted, placement: rows.placement, mode: .inference, in: scope)
    _ = scope.vocabularyHead(
      hidden: features, decoder: head.decoder, bias: head.decoderBias,
      objectives: [WeightedObjective(selection, gradientScale: 0)])
  }
}

extension Tensor {
  /// [rows · columns], in the scope's memory.
  var values: UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(start: pointer, count: rows * columns)
  }
}
