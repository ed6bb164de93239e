// Reading what models computed, for the rows of a batch.
import RetortFiles

/// Where a batch's rows stand in the columns of a store, piece by piece in the batch's order.
public struct StoredRows: Equatable, Sendable {
  /// Rows of tokens.
  public var tokens: [Range<Int>]
  /// Rows of sequences.
  public var sequences: [Range<Int>]
  /// Rows of kept logits.
  public var logits: [Range<Int>]

  public var tokenCount: Int { tokens.reduce(0) { $0 + $1.count } }
  public var logitCount: Int { logits.reduce(0) { $0 + $1.count } }
}

/// The outputs in a verified store. They are read into memory a batch at a time: the file may be larger than memory.
public final class StoredOutputs: Sendable {
  public let models: [ModelOutputs]
  private let file: ActivationFile

  init(_ file: ActivationFile) throws(ActivationStoreError) {
    self.file = file
    models = try ModelOutputs.all(in: file)
  }

  /// One of several by its name, or the only one.
  public func model(_ name: String?) -> ModelOutputs? { models.first { $0.name == name } }

  /// Makes sure that every column is there with as many rows as it must have.
  /// - Parameter logitRows: of a model whose logits are kept; nil for any number, the same in all columns.
  func check(
    tokens: Int, sequences: Int, logitRows: (ModelOutputs) -> Int?
  ) throws(ActivationStoreError) {
    for model in models {
      try file.check(model.fileColumns)
      for column in model.columns {
        try file.check(
          model.path(of: column.output), rows: column.output.isOfTokens ? tokens : sequences)
      }
      guard model.topLogits != nil else { continue }
      let rows = logitRows(model) ?? file.rowCount(model.path("logits/values"))
      for column in model.fileColumns.dropFirst(model.columns.count) {
        try file.check(column.path, rows: rows)
      }
    }
  }

  func logitRowCount(_ model: ModelOutputs) -> Int { file.rowCount(model.path("logits/values")) }

  /// The ids of a batch's tokens, [T].
  public func tokenIDs(_ rows: StoredRows) throws(ActivationStoreError) -> [Int32] {
    try file.read("/tokens", rows: rows.tokens)
  }

  /// Copies rows of a column as float32.
  /// - Parameters:
  ///   - model: that has it.
  ///   - target: as many values as the rows have.
  public func read(
    _ output: ModelOutput, of model: ModelOutputs, rows: StoredRows,
    into target: UnsafeMutableBufferPointer<Float>
  ) throws(ActivationStoreError) {
    try file.read(
      model.path(of: output), rows: output.isOfTokens ? rows.tokens : rows.sequences, into: target)
  }

  /// Copies a batch's largest logits as float32. - Parameter target: [R, k].
  public func readTopLogits(
    of model: ModelOutputs, rows: StoredRows, into target: UnsafeMutableBufferPointer<Float>
  ) throws(ActivationStoreError) {
    try file.read(model.path("logits/values"), rows: rows.logits, into: target)
  }

  /// The vocabulary ids of a batch's largest logits, [R, k].
  public func topLogitIDs(
    of model: ModelOutputs, rows: StoredRows
  ) throws(ActivationStoreError) -> [Int32] {
    try file.read(model.path("logits/ids"), rows: rows.logits)
  }

  /// The log-normalisers of a batch's rows, [R, temperatures].
  public func logNormalizers(
    of model: ModelOutputs, rows: StoredRows
  ) throws(ActivationStoreError) -> [Float] {
    try file.read(model.path("logits/log_normalizers"), rows: rows.logits)
  }
}

/// A store of outputs in one of its forms.
public protocol ActivationStore: AnyObject, Sendable {
  var path: String { get }
  /// What the outputs are of: to be compared with what a training is about to use.
  var source: [String: String] { get }
  var outputs: StoredOutputs { get }
}
