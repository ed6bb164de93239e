// Writing the teacher outputs of a distillation stage.
import RetortFiles

/// Writes teacher outputs batch by batch in training order.
public final class StageActivationWriter {
  public let layout: StageActivationLayout
  private let shards: ShardedActivationWriter
  /// Numbers of the columns by path.
  private let columns: [String: Int]
  private var last: BatchPlace?

  /// The teacher's largest logits of a batch, in borrowed memory.
  public struct TopLogits {
    /// [R, k], largest first.
    public let values: UnsafeBufferPointer<Float>
    /// [R, k], the vocabulary ids of `values`.
    public let ids: UnsafeBufferPointer<Int32>
    /// [R, temperatures].
    public let logNormalizers: UnsafeBufferPointer<Float>

    public init(
      values: UnsafeBufferPointer<Float>, ids: UnsafeBufferPointer<Int32>,
      logNormalizers: UnsafeBufferPointer<Float>
    ) {
      self.values = values
      self.ids = ids
      self.logNormalizers = logNormalizers
    }
  }

  /// Begins a store at the path, or goes on with an unfinished one of the same layout and source.
  /// - Parameter source: digests of data, tokenizer, masking and teacher, and whatever else the outputs
  ///   depend on.
  public init(
    path: String, layout: StageActivationLayout, source: [String: String],
    shardByteCount: Int = 64 << 20
  ) throws(ActivationStoreError) {
    self.layout = layout
    columns = Dictionary(
      uniqueKeysWithValues: layout.columns.enumerated().map { ($0.element.path, $0.offset) })
    shards = try ShardedActivationWriter(
      path: path,
      manifest: ActivationManifest(
        form: StageActivationLayout.form, columns: layout.columns,
        parameters: layout.parameters, source: source),
      shardByteCount: shardByteCount)
  }

  /// Batches that are safe on the disk: the next one to append is the one of this number.
  public var finishedBatchCount: Int { shards.finishedUnitCount }

  /// Values too large for binary16 so far, clipped to ±65504.
  public var overflowCount: Int { shards.overflowCount }

  /// Adds the next batch, later in training than the one before; all memory is borrowed until this returns.
  /// - Parameters:
  ///   - hiddenStates: [T, C] each, by layer: those that the layout names.
  ///   - topLogits: needed if the layout has logits.
  public func append(
    _ batch: StageActivationBatch, hiddenStates: [String: UnsafeBufferPointer<Float>] = [:],
    topLogits: TopLogits? = nil
  ) throws(ActivationStoreError) {
    let tokenCount = batch.tokenIDs.count
    precondition(
      last.map { $0 < batch.place } ?? true, "\(batch.place) after \(String(describing: last))")
    precondition(
      batch.labels.count == tokenCount && batch.offsets.first == 0
        && batch.offsets.last.map { Int($0) } == tokenCount
        && batch.examples.count == batch.offsets.count - 1,
      "tokens, labels, offsets and examples of \(batch.place) do not fit")
    last = batch.place
    let firstToken = shards.rowCount(column("/tokens"))
    let firstSequence = shards.rowCount(column("/examples"))
    let firstRow = layout.topLogits == nil ? 0 : shards.rowCount(column("/logits/values"))
    let rowCount = logitRowCount(batch)
    shards.append(
      [
        batch.place.epoch, batch.place.step, batch.place.microBatch,
        firstSequence, firstSequence + batch.examples.count, firstToken, firstToken + tokenCount,
        firstRow, firstRow + rowCount,
      ].map { Int64($0) }, to: column("/batches"))
    shards.append(UnsafeRawBufferPointer(batch.tokenIDs), to: column("/tokens"))
    shards.append(UnsafeRawBufferPointer(batch.labels), to: column("/labels"))
    shards.append(
      batch.offsets.dropFirst().map { Int64(firstToken) + Int64($0) }, to: column("/offsets"))
    shards.append(batch.examples.map { Int64($0) }, to: column("/examples"))
    if let hidden = layout.hiddenStates {
      for layer in hidden.layers {
        guard let values = hiddenStates[layer],
          values.count == tokenCount * hidden.hiddenSize
        else {
          preconditionFailure(
            "hidden states \(layer) must be [\(tokenCount), \(hidden.hiddenSize)]")
        }
        shards.append(values, to: column(StageActivationLayout.HiddenStates.path(of: layer)))
      }
    }
    if let kept = layout.topLogits {
      guard let logits = topLogits, logits.values.count == rowCount * kept.count,
        logits.ids.count == logits.values.count,
        logits.logNormalizers.count == rowCount * kept.temperatures.count
      else { preconditionFailure("logits must be [\(rowCount), \(kept.count)]") }
      shards.append(logits.values, to: column("/logits/values"))
      shards.append(UnsafeRawBufferPointer(logits.ids), to: column("/logits/ids"))
      if !kept.temperatures.isEmpty {
        shards.append(logits.logNormalizers, to: column("/logits/log_normalizers"))
      }
    }
    try shards.endUnit()
  }

  /// Puts everything so far on the disk: to be called before stopping early.
  public func save() throws(ActivationStoreError) { try shards.save() }

  /// Puts the whole store at its path.
  public func finish() throws(ActivationStoreError) {
    var attributes = layout.attributes
    attributes["overflow_count"] = .integer(Int64(overflowCount))
    try shards.finish(attributes: attributes)
  }

  private func column(_ path: String) -> Int {
    guard let column = columns[path] else { preconditionFailure("a store without \(path)") }
    return column
  }

  private func logitRowCount(_ batch: StageActivationBatch) -> Int {
    switch layout.topLogits?.positions {
    case nil: 0
    case .all: batch.tokenIDs.count
    case .masked: batch.labels.count { $0 >= 0 }
    }
  }
}
