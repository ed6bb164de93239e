// What the store of a distillation stage's teacher outputs holds.

/// Teacher outputs in training order. The file:
/// `/tokens` [T] masked ids and `/labels` [T] (-1 where not masked) of all batches one after another;
/// `/offsets` [N + 1] where each sequence begins in them; `/examples` [N] its place in the data;
/// `/batches` [B, 9] see `batchFields`; `/hidden/last` [T, C]; `/logits/values` and `/logits/ids`
/// [R, k], `/logits/log_normalizers` [R, temperatures].
public struct StageActivationLayout: Equatable, Sendable {
  /// The teacher's last hidden states: the exact route, the decoder's product is done again.
  public var lastHidden: LastHidden?
  /// The teacher's largest logits, which make a different loss: what is not kept is one lump.
  public var topLogits: TopLogits?

  public init(lastHidden: LastHidden? = nil, topLogits: TopLogits? = nil) {
    precondition(lastHidden != nil || topLogits != nil, "a store of no outputs")
    self.lastHidden = lastHidden
    self.topLogits = topLogits
  }

  public struct LastHidden: Equatable, Sendable {
    public let hiddenSize: Int
    public let precision: ActivationPrecision

    public init(hiddenSize: Int, precision: ActivationPrecision) {
      self.hiddenSize = hiddenSize
      self.precision = precision
    }
  }

  public struct TopLogits: Equatable, Sendable {
    /// How many logits a row keeps, largest first.
    public let count: Int
    /// Temperatures T with a log-normaliser, log Σᵥ exp(zᵥ/T) over the whole vocabulary, each. The
    /// probability of the lump is then 1 - Σ exp(zₖ/T - log-normaliser).
    public let temperatures: [Double]
    public let positions: Positions
    public let precision: ActivationPrecision

    public enum Positions: String, Sendable, CaseIterable {
      /// One row a token.
      case all
      /// One row a token whose label is not -1, in the order of the tokens.
      case masked
    }

    public init(
      count: Int, temperatures: [Double], positions: Positions, precision: ActivationPrecision
    ) {
      self.count = count
      self.temperatures = temperatures
      self.positions = positions
      self.precision = precision
    }
  }

  static let form = "stage"

  /// The columns of `/batches`, ranges being from a first row to the one behind the last.
  static let batchFields = [
    "epoch", "step", "micro_batch", "first_sequence", "end_sequence", "first_token", "end_token",
    "first_logit_row", "end_logit_row",
  ]

  /// The columns that every store has; their order is that of `Column`.
  var columns: [ActivationColumn] {
    var columns = [
      ActivationColumn(path: "/batches", type: .int64, rowShape: [Self.batchFields.count]),
      ActivationColumn(path: "/tokens", type: .int32),
      ActivationColumn(path: "/labels", type: .int32),
      ActivationColumn(path: "/offsets", type: .int64, beginsWithZero: true),
      ActivationColumn(path: "/examples", type: .int64),
    ]
    if let lastHidden {
      columns.append(
        ActivationColumn(
          path: "/hidden/last", type: lastHidden.precision.elementType,
          rowShape: [lastHidden.hiddenSize]))
    }
    if let topLogits {
      columns += [
        ActivationColumn(
          path: "/logits/values", type: topLogits.precision.elementType,
          rowShape: [topLogits.count]),
        ActivationColumn(path: "/logits/ids", type: .int32, rowShape: [topLogits.count]),
        ActivationColumn(
          path: "/logits/log_normalizers", type: .float32,
          rowShape: [topLogits.temperatures.count]),
      ]
    }
    return columns
  }

  /// What the columns do not tell, yet a store that is gone on with must share.
  var parameters: [String: String] {
    guard let topLogits else { return [:] }
    return [
      "positions": topLogits.positions.rawValue,
      "temperatures": topLogits.temperatures.map(\.description).joined(separator: " "),
    ]
  }

  var attributes: [String: StoredValue] {
    var attributes: [String: StoredValue] = [
      "form": .text(Self.form), "batch_fields": .text(Self.batchFields.joined(separator: " ")),
    ]
    if let lastHidden {
      attributes["hidden_size"] = .integer(Int64(lastHidden.hiddenSize))
      attributes["hidden_precision"] = .text(lastHidden.precision.rawValue)
    }
    if let topLogits {
      attributes["logit_count"] = .integer(Int64(topLogits.count))
      attributes["logit_precision"] = .text(topLogits.precision.rawValue)
      attributes["logit_positions"] = .text(topLogits.positions.rawValue)
      attributes["temperatures"] = .reals(topLogits.temperatures)
      attributes["loss"] = .text(
        "soft targets from the top \(topLogits.count) logits, the rest lumped: not the full loss")
    }
    return attributes
  }

  /// The layout that a file's attributes tell.
  init(of file: ActivationFile, hasHidden: Bool, hasLogits: Bool) throws(ActivationStoreError) {
    if hasHidden {
      lastHidden = LastHidden(
        hiddenSize: try file.integer("hidden_size"),
        precision: try file.precision("hidden_precision"))
    }
    if hasLogits {
      topLogits = TopLogits(
        count: try file.integer("logit_count"), temperatures: try file.reals("temperatures"),
        positions: try file.text("logit_positions") == "all" ? .all : .masked,
        precision: try file.precision("logit_precision"))
    }
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
