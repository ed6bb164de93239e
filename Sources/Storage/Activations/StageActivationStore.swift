// Reading the teacher outputs of a distillation stage in place of running the teacher.
import RetortFiles

/// A verified store of teacher outputs, in a mapping; pointers are valid while it lives.
public final class StageActivationStore: Sendable {
  public let path: String
  public let layout: StageActivationLayout
  /// What the outputs are of: to be compared with what a training run is about to use.
  public let source: [String: String]
  public let overflowCount: Int
  public let batchCount: Int
  private let file: ActivationFile

  public init(path: String) throws(ActivationStoreError) {
    self.path = path
    file = try ActivationFile(path: path, form: StageActivationLayout.form)
    layout = try StageActivationLayout(of: file)
    try file.check(layout.columns)
    source = file.source
    overflowCount = try file.integer("overflow_count")
    batchCount = file.rowCount("/batches")
  }

  /// Steps from the first one on that the store holds.
  public var stepCount: Int { batchCount == 0 ? 0 : place(batchCount - 1).step + 1 }

  /// The batch of a number, in training order, as it was trained on; its buffers are the file's memory.
  public func batch(_ number: Int) -> StageActivationBatch {
    let fields = fields(number)
    let sequences = fields[3]..<fields[4]
    let tokens = tokenRows(number)
    let offsets = file.values(
      "/offsets", rows: sequences.lowerBound..<(sequences.upperBound + 1), Int64.self)
    return StageActivationBatch(
      place: place(number),
      tokenIDs: file.values("/tokens", rows: tokens, Int32.self),
      labels: file.values("/labels", rows: tokens, Int32.self),
      offsets: offsets.map { Int32($0 - Int64(tokens.lowerBound)) },
      examples: file.values("/examples", rows: sequences, Int64.self).map { Int($0) })
  }

  /// The number of the batch at a step, counted over all epochs, and its place in the step; nil if the
  /// store does not hold it.
  public func batchNumber(step: Int, microBatch: Int) -> Int? {
    var (low, high) = (0, batchCount)
    while low < high {
      let middle = (low + high) / 2
      let place = place(middle)
      if (place.step, place.microBatch) < (step, microBatch) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < batchCount else { return nil }
    let place = place(low)
    return (place.step, place.microBatch) == (step, microBatch) ? low : nil
  }

  /// Copies a batch's hidden states of a layer as float32.
  /// - Parameters:
  ///   - layer: one that the layout names.
  ///   - number: of the batch.
  ///   - target: [T, C].
  public func readHiddenStates(
    _ layer: String, ofBatch number: Int, into target: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(
      layout.hiddenStates?.layers.contains(layer) ?? false, "a store without hidden states \(layer)"
    )
    file.read(
      StageActivationLayout.HiddenStates.path(of: layer), rows: tokenRows(number), into: target)
  }

  /// How many rows of logits a batch has: R.
  public func logitRowCount(ofBatch number: Int) -> Int { logitRows(number).count }

  /// Copies a batch's largest logits as float32. - Parameter target: [R, k].
  public func readTopLogits(
    ofBatch number: Int, into target: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(layout.topLogits != nil, "a store without logits")
    file.read("/logits/values", rows: logitRows(number), into: target)
  }

  /// The vocabulary ids of a batch's largest logits, [R, k].
  public func topLogitIDs(ofBatch number: Int) -> UnsafeBufferPointer<Int32> {
    file.values("/logits/ids", rows: logitRows(number), Int32.self)
  }

  /// The log-normalisers of a batch's rows, [R, temperatures].
  public func logNormalizers(ofBatch number: Int) -> UnsafeBufferPointer<Float> {
    file.values("/logits/log_normalizers", rows: logitRows(number), Float.self)
  }

  /// Rows of a batch in `/tokens`, `/labels` and `/hidden`.
  private func tokenRows(_ number: Int) -> Range<Int> {
    let fields = fields(number)
    return fields[5]..<fields[6]
  }

  /// Rows of a batch in `/logits`.
  private func logitRows(_ number: Int) -> Range<Int> {
    let fields = fields(number)
    return fields[7]..<fields[8]
  }

  private func fields(_ index: Int) -> [Int] {
    file.values("/batches", rows: index..<(index + 1), Int64.self).map { Int($0) }
  }

  private func place(_ index: Int) -> BatchPlace {
    let fields = fields(index)
    return BatchPlace(epoch: fields[0], step: fields[1], microBatch: fields[2])
  }
}
