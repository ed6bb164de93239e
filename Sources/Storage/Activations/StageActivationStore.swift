// Reading the teacher outputs of a distillation stage in place of running the teacher.
import RetortFiles

/// A verified store of teacher outputs by training step.
public final class StageActivationStore: ActivationStore {
  public let path: String
  public let outputs: StoredOutputs
  public let source: [String: String]
  public let overflowCount: Int
  public let batchCount: Int
  private let file: ActivationFile

  public init(path: String) throws(ActivationStoreError) {
    self.path = path
    file = try ActivationFile(path: path, form: .bySteps)
    try StageActivationLayout.check(file)
    outputs = try StoredOutputs(file)
    source = file.source
    overflowCount = try file.integer("overflow_count")
    batchCount = file.rowCount("/batches")
    let (tokens, sequences) = (file.rowCount("/tokens"), file.rowCount("/examples"))
    try file.check("/labels", rows: tokens)
    try file.check("/offsets", rows: sequences + 1)
    try file.check(offsets: "/offsets", end: tokens)
    guard Set(outputs.models.compactMap(\.topLogits?.positions)).count < 2 else {
      throw file.lacking("logits of all models at the same positions")
    }
    try outputs.check(tokens: tokens, sequences: sequences) { _ in nil }
    let logitRows = outputs.models.filter { $0.topLogits != nil }.map(outputs.logitRowCount)
    try checkBatches(tokens: tokens, sequences: sequences, logitRows: logitRows.min() ?? 0)
  }

  public var layout: StageActivationLayout { StageActivationLayout(models: outputs.models) }

  /// Steps from the first one on that the store holds.
  public var stepCount: Int { batchCount == 0 ? 0 : place(batchCount - 1).step + 1 }

  /// The batch of a number, in training order, as it was trained on; its buffers are the file's memory.
  public func batch(_ number: Int) -> StageActivationBatch {
    let rows = rows(ofBatch: number)
    let (sequences, tokens) = (rows.sequences[0], rows.tokens[0])
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

  /// Where a batch's rows stand in the columns.
  public func rows(ofBatch number: Int) -> StoredRows {
    let fields = fields(number)
    return StoredRows(
      tokens: [fields[5]..<fields[6]], sequences: [fields[3]..<fields[4]],
      logits: [fields[7]..<fields[8]])
  }

  /// Makes sure that the ranges of every batch lie in the columns.
  private func checkBatches(
    tokens: Int, sequences: Int, logitRows: Int
  ) throws(ActivationStoreError) {
    let ends = [sequences, tokens, logitRows]
    let offsets = file.values("/offsets", Int64.self)
    for number in 0..<batchCount {
      let fields = fields(number)
      let areRanges = ends.indices.allSatisfy { place in
        let (first, end) = (fields[3 + 2 * place], fields[4 + 2 * place])
        return first >= 0 && first <= end && end <= ends[place]
      }
      guard areRanges, offsets[fields[3]] == fields[5], offsets[fields[4]] == fields[6] else {
        throw .damaged(path: path, what: "/batches: row \(number) lies beyond the other columns")
      }
    }
  }

  private func fields(_ index: Int) -> [Int] {
    file.values("/batches", rows: index..<(index + 1), Int64.self).map { Int($0) }
  }

  private func place(_ index: Int) -> BatchPlace {
    let fields = fields(index)
    return BatchPlace(epoch: fields[0], step: fields[1], microBatch: fields[2])
  }
}
