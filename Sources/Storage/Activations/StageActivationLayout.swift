// What the store of a distillation stage's teacher outputs holds.

/// Teacher outputs in training order. The file:
/// `/tokens` [T] masked ids and `/labels` [T] (-1 where not masked) of all batches one after another;
/// `/offsets` [N + 1] where each sequence begins in them; `/examples` [N] its place in the data;
/// `/batches` [B, 9] see `batchFields`; `/hidden/<layer>` [T, C], `last` or a number; `/logits/values` and `/logits/ids`
/// [R, k], `/logits/log_normalizers` [R, temperatures].
public struct StageActivationLayout: Equatable, Sendable {
  /// The teacher's hidden states. From the last ones logits are exact: the decoder's product is done again.
  public var hiddenStates: HiddenStates?
  /// The teacher's largest logits, which make a different loss: what is not kept is one lump.
  public var topLogits: TopLogits?

  public init(hiddenStates: HiddenStates? = nil, topLogits: TopLogits? = nil) {
    precondition(hiddenStates != nil || topLogits != nil, "a store of no outputs")
    self.hiddenStates = hiddenStates
    self.topLogits = topLogits
  }

  public struct HiddenStates: Equatable, Sendable {
    /// Names of the layers: `last`, or a number as transformers has it; each has a column.
    public let layers: [String]
    public let hiddenSize: Int
    public let precision: ActivationPrecision

    public init(layers: [String], hiddenSize: Int, precision: ActivationPrecision) {
      precondition(
        !layers.isEmpty && Set(layers).count == layers.count, "hidden states of layers \(layers)")
      self.layers = layers
      self.hiddenSize = hiddenSize
      self.precision = precision
    }

    /// What heads read.
    public static func last(hiddenSize: Int, precision: ActivationPrecision) -> HiddenStates {
      HiddenStates(layers: [lastLayer], hiddenSize: hiddenSize, precision: precision)
    }

    public static let lastLayer = "last"

    static func path(of layer: String) -> String { "/hidden/\(layer)" }
  }

  public struct TopLogits: Equatable, Sendable {
    /// How many logits a row keeps, largest first.
    public let count: Int
    /// Temperatures T with a log-normaliser, log Σᵥ exp(zᵥ/T) over the whole vocabulary, each. The
    /// probability of the lump is then 1 - Σ exp(zₖ/T - log-normaliser). Empty where no loss term needs one: the file then
    /// has no column of log-normalisers.
    public let temperatures: [Double]
    /// Which tokens have a row.
    public let positions: TokenPositions
    public let precision: ActivationPrecision

    public init(
      count: Int, temperatures: [Double], positions: TokenPositions, precision: ActivationPrecision
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

  /// The columns of the file, in order.
  var columns: [ActivationColumn] {
    var columns = [
      ActivationColumn(path: "/batches", type: .int64, rowShape: [Self.batchFields.count]),
      ActivationColumn(path: "/tokens", type: .int32),
      ActivationColumn(path: "/labels", type: .int32),
      ActivationColumn(path: "/offsets", type: .int64, beginsWithZero: true),
      ActivationColumn(path: "/examples", type: .int64),
    ]
    if let hiddenStates {
      columns += hiddenStates.layers.map {
        ActivationColumn(
          path: HiddenStates.path(of: $0), type: hiddenStates.precision.elementType,
          rowShape: [hiddenStates.hiddenSize])
      }
    }
    if let topLogits {
      columns += [
        ActivationColumn(
          path: "/logits/values", type: topLogits.precision.elementType,
          rowShape: [topLogits.count]),
        ActivationColumn(path: "/logits/ids", type: .int32, rowShape: [topLogits.count]),
      ]
      if !topLogits.temperatures.isEmpty {
        columns.append(
          ActivationColumn(
            path: "/logits/log_normalizers", type: .float32,
            rowShape: [topLogits.temperatures.count]))
      }
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
    if let hiddenStates {
      attributes["hidden_size"] = .integer(Int64(hiddenStates.hiddenSize))
      attributes["hidden_precision"] = .text(hiddenStates.precision.rawValue)
      // Files from before there were others have the last layer alone, and do not say so.
      if hiddenStates.layers != [HiddenStates.lastLayer] {
        attributes["hidden_layers"] = .text(hiddenStates.layers.joined(separator: " "))
      }
    }
    if let topLogits {
      attributes["logit_count"] = .integer(Int64(topLogits.count))
      attributes["logit_precision"] = .text(topLogits.precision.rawValue)
      attributes["logit_positions"] = .text(topLogits.positions.rawValue)
      if topLogits.temperatures.isEmpty {
        attributes["loss"] = .text("terms on the top \(topLogits.count) logits: not the full loss")
      } else {
        attributes["temperatures"] = .reals(topLogits.temperatures)
        attributes["loss"] = .text(
          "soft targets from the top \(topLogits.count) logits, the rest lumped: not the full loss")
      }
    }
    return attributes
  }

  /// The layout that a file's attributes tell.
  init(of file: ActivationFile) throws(ActivationStoreError) {
    let layers =
      try file.optionalText("hidden_layers")?.split(separator: " ").map(String.init)
      ?? (file.has("/hidden/last") ? [HiddenStates.lastLayer] : [])
    if !layers.isEmpty {
      hiddenStates = HiddenStates(
        layers: layers, hiddenSize: try file.integer("hidden_size"),
        precision: try file.precision("hidden_precision"))
    }
    if file.has("/logits/values") {
      topLogits = TopLogits(
        count: try file.integer("logit_count"),
        temperatures: file.has("/logits/log_normalizers") ? try file.reals("temperatures") : [],
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
