// Writing the teacher outputs of a distillation stage.
import RetortFiles

/// Writes teacher outputs batch by batch in training order.
public final class StageActivationWriter {
  public let layout: StageActivationLayout
  private let shards: ShardedActivationWriter
  private var last: BatchPlace?

  /// Begins a store at the path, or goes on with an unfinished one of the same layout and source.
  /// - Parameter source: digests of data, tokenizer, masking and teacher, and whatever else the outputs
  ///   depend on.
  public init(
    path: String, layout: StageActivationLayout, source: [String: String],
    limit: ShardLimit = ShardLimit()
  ) throws(ActivationStoreError) {
    self.layout = layout
    shards = try ShardedActivationWriter(
      path: path,
      manifest: ActivationManifest(
        form: ActivationForm.bySteps.rawValue, columns: layout.columns, models: layout.models,
        source: source),
      limit: limit)
  }

  /// Batches that are safe on the disk: the next one to append is the one of this number.
  public var finishedBatchCount: Int { shards.finishedUnitCount }

  /// Bytes that are safe on the disk.
  public var finishedByteCount: Int { shards.finishedByteCount }

  /// Values too large for binary16 so far, clipped to ±65504.
  public var overflowCount: Int { shards.overflowCount }

  /// Adds the next batch, later in training than the one before; all memory is borrowed until this returns.
  /// - Parameter outputs: of each model, in the layout's order.
  public func append(
    _ batch: StageActivationBatch, outputs: [OutputValues]
  ) throws(ActivationStoreError) {
    let tokenCount = batch.tokenIDs.count
    precondition(
      last.map { $0 < batch.place } ?? true, "\(batch.place) after \(String(describing: last))")
    precondition(
      batch.labels.count == tokenCount && batch.offsets.first == 0
        && batch.offsets.last.map { Int($0) } == tokenCount
        && batch.examples.count == batch.offsets.count - 1,
      "tokens, labels, offsets and examples of \(batch.place) do not fit")
    precondition(
      outputs.count == layout.models.count, "outputs of \(outputs.count) of \(layout.models.count)")
    last = batch.place
    let firstToken = shards.rowCount(shards.column("/tokens"))
    let firstSequence = shards.rowCount(shards.column("/examples"))
    let keeping = layout.models.first { $0.topLogits != nil }
    let firstRow = keeping.map { shards.rowCount(shards.column($0.path("logits/values"))) } ?? 0
    let rowCount = logitRowCount(batch)
    shards.append(
      [
        batch.place.epoch, batch.place.step, batch.place.microBatch,
        firstSequence, firstSequence + batch.examples.count, firstToken, firstToken + tokenCount,
        firstRow, firstRow + rowCount,
      ].map { Int64($0) }, to: shards.column("/batches"))
    shards.append(UnsafeRawBufferPointer(batch.tokenIDs), to: shards.column("/tokens"))
    shards.append(UnsafeRawBufferPointer(batch.labels), to: shards.column("/labels"))
    shards.append(
      batch.offsets.dropFirst().map { Int64(firstToken) + Int64($0) },
      to: shards.column("/offsets"))
    shards.append(batch.examples.map { Int64($0) }, to: shards.column("/examples"))
    for (model, values) in zip(layout.models, outputs) {
      shards.append(
        values, of: model, tokens: tokenCount, sequences: batch.examples.count, logitRows: rowCount)
    }
    try shards.endUnits()
  }

  /// Puts everything so far on the disk: to be called before stopping early.
  public func save() throws(ActivationStoreError) { try shards.save() }

  /// Puts the whole store at its path.
  public func finish() throws(ActivationStoreError) {
    try shards.finish(
      of: layout.models, form: .bySteps,
      attributes: [
        "batch_fields": .text(StageActivationLayout.batchFields.joined(separator: " "))
      ])
  }

  private func logitRowCount(_ batch: StageActivationBatch) -> Int {
    switch layout.logitPositions {
    case nil: 0
    case .all: batch.tokenIDs.count
    case .masked: batch.labels.count { $0 >= 0 }
    }
  }
}
