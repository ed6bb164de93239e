// What the store of a distillation stage's teacher outputs holds.

/// Teacher outputs in training order. The file:
/// `/tokens` [T] masked ids and `/labels` [T] (-1 where not masked) of all batches one after another;
/// `/offsets` [N + 1] where each sequence begins in them; `/examples` [N] its place in the data;
/// `/batches` [B, 9] see `batchFields`; and the columns of `ModelOutputs`, with a row a token, a sequence, or a kept row of
/// logits.
public struct StageActivationLayout: Equatable, Sendable {
  public let models: [ModelOutputs]

  /// - Parameter models: one without a name, or several with names.
  public init(_ models: ModelOutputs...) { self.init(models: models) }
  public init(models: [ModelOutputs]) {
    let positions = models.compactMap(\.topLogits?.positions)
    precondition(Set(positions).count < 2, "logits of teachers at different positions")
    self.models = models
  }

  /// The columns of `/batches`, ranges being from a first row to the one behind the last.
  static let batchFields = [
    "epoch", "step", "micro_batch", "first_sequence", "end_sequence", "first_token", "end_token",
    "first_logit_row", "end_logit_row",
  ]

  private static let columnsOfBatches = [
    ActivationColumn(path: "/batches", type: .int64, rowShape: [batchFields.count]),
    ActivationColumn(path: "/tokens", type: .int32),
    ActivationColumn(path: "/labels", type: .int32),
    ActivationColumn(path: "/offsets", type: .int64, beginsWithZero: true),
    ActivationColumn(path: "/examples", type: .int64),
  ]

  /// The columns of the file, in order.
  var columns: [ActivationColumn] { Self.columnsOfBatches + models.flatMap(\.fileColumns) }

  /// Which tokens have a row of kept logits; nil for none.
  var logitPositions: TokenPositions? { models.lazy.compactMap(\.topLogits?.positions).first }

  /// Bytes of the columns.
  /// - Parameters:
  ///   - batches: of the whole training.
  ///   - tokens, sequences, masked: of all batches.
  public func byteCount(batches: Int, tokens: Int, sequences: Int, masked: Int) -> Int {
    8 * Self.batchFields.count * batches + 8 * tokens + 16 * sequences
      + models.reduce(0) {
        $0 + $1.byteCount(tokens: tokens, sequences: sequences, masked: masked)
      }
  }

  static func check(_ file: ActivationFile) throws(ActivationStoreError) {
    try file.check(columnsOfBatches)
  }
}

/// Where a batch belongs in training: batches are stored and found in this order.
public struct BatchPlace: Hashable, Comparable, Sendable {
  /// Counted from 0.
  public let epoch: Int
  /// Counted from 0, over all epochs.
  public let step: Int
  /// Number within the step, where a step accumulates several.
  public let microBatch: Int

  public init(epoch: Int, step: Int, microBatch: Int) {
    self.epoch = epoch
    self.step = step
    self.microBatch = microBatch
  }

  public static func < (left: BatchPlace, right: BatchPlace) -> Bool {
    (left.epoch, left.step, left.microBatch) < (right.epoch, right.step, right.microBatch)
  }
}
