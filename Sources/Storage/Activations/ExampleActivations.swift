// Outputs of models by example: of texts whose tokens never change.
import RetortFiles

/// What a store by example holds. The file: `/tokens` [T] of all sequences one after another, `/offsets` [N + 1] where
/// each begins in them, and the columns of `ModelOutputs`, with a row a token or a sequence.
public struct ExampleActivationLayout: Equatable, Sendable {
  public let models: [ModelOutputs]

  /// - Parameter models: one without a name, or several with names.
  public init(_ models: ModelOutputs...) { self.init(models: models) }
  public init(models: [ModelOutputs]) {
    precondition(
      models.allSatisfy { $0.topLogits?.positions != .masked }, "no word of an example is masked")
    self.models = models
  }

  static let columnsOfText = [
    ActivationColumn(path: "/tokens", type: .int32),
    ActivationColumn(path: "/offsets", type: .int64, beginsWithZero: true),
  ]

  var columns: [ActivationColumn] { Self.columnsOfText + models.flatMap(\.fileColumns) }

  /// Bytes of the columns.
  public func byteCount(tokens: Int, sequences: Int) -> Int {
    4 * tokens + 8 * (sequences + 1)
      + models.reduce(0) { $0 + $1.byteCount(tokens: tokens, sequences: sequences, masked: 0) }
  }
}

/// Writes outputs example by example, in order.
public final class ExampleActivationWriter {
  public let layout: ExampleActivationLayout
  private let shards: ShardedActivationWriter

  /// Begins a store at the path, or goes on with an unfinished one of the same layout and source.
  /// - Parameter source: what the activations are of, such as digests of model, vocabulary and text.
  public init(
    path: String, layout: ExampleActivationLayout, source: [String: String],
    limit: ShardLimit = ShardLimit()
  ) throws(ActivationStoreError) {
    self.layout = layout
    shards = try ShardedActivationWriter(
      path: path,
      manifest: ActivationManifest(
        form: ActivationForm.byExample.rawValue, columns: layout.columns, models: layout.models,
        source: source),
      limit: limit)
  }

  /// Sequences that are safe on the disk: the next one to append is the one of this number.
  public var finishedSequenceCount: Int { shards.finishedUnitCount }

  /// Bytes that are safe on the disk.
  public var finishedByteCount: Int { shards.finishedByteCount }

  /// Values too large for binary16 so far, clipped to ±65504.
  public var overflowCount: Int { shards.overflowCount }

  /// Adds the next sequences.
  /// - Parameters:
  ///   - tokenIDs: [T] of all of them.
  ///   - offsets: [N + 1], where each begins, from 0 to T.
  ///   - outputs: of each model, in the layout's order.
  public func append(
    tokenIDs: UnsafeBufferPointer<Int32>, offsets: [Int32], outputs: [OutputValues]
  ) throws(ActivationStoreError) {
    precondition(
      offsets.first == 0 && offsets.last.map { Int($0) } == tokenIDs.count,
      "offsets of \(tokenIDs.count) tokens do not fit")
    precondition(
      outputs.count == layout.models.count, "outputs of \(outputs.count) of \(layout.models.count)")
    let first = Int64(shards.rowCount(0))
    shards.append(UnsafeRawBufferPointer(tokenIDs), to: 0)
    shards.append(offsets.dropFirst().map { first + Int64($0) }, to: 1)
    for (model, values) in zip(layout.models, outputs) {
      shards.append(
        values, of: model, tokens: tokenIDs.count, sequences: offsets.count - 1,
        logitRows: tokenIDs.count)
    }
    try shards.endUnits(offsets.count - 1)
  }

  /// Puts everything so far on the disk: to be called before stopping early.
  public func save() throws(ActivationStoreError) { try shards.save() }

  /// Puts the whole store at its path.
  /// - Parameters:
  ///   - command: what was typed to make it; no part of what the activations are of.
  ///   - processor: where, as /proc/cpuinfo names it.
  public func finish(
    command: String? = nil, processor: String? = nil
  ) throws(ActivationStoreError) {
    var attributes: [String: StoredValue] = [:]
    attributes["command"] = command.map { .text($0) }
    attributes["processor"] = processor.map { .text($0) }
    try shards.finish(of: layout.models, form: .byExample, attributes: attributes)
  }
}

/// A verified store of outputs by example.
public final class ExampleActivationStore: ActivationStore {
  public let path: String
  public let outputs: StoredOutputs
  public let source: [String: String]
  /// What was typed to make it, and the processor's name; nil in stores that do not say.
  public let command: String?
  public let processor: String?
  public let overflowCount: Int
  public let sequenceCount: Int
  private let file: ActivationFile

  public init(path: String) throws(ActivationStoreError) {
    self.path = path
    file = try ActivationFile(path: path, form: .byExample)
    try file.check(ExampleActivationLayout.columnsOfText)
    outputs = try StoredOutputs(file)
    source = file.source
    command = try file.optionalText("command")
    processor = try file.optionalText("processor")
    overflowCount = try file.integer("overflow_count")
    sequenceCount = file.rowCount("/offsets") - 1
    let tokens = file.rowCount("/tokens")
    try file.check(offsets: "/offsets", end: tokens)
    if outputs.models.contains(where: { $0.topLogits?.positions == .masked }) {
      throw file.lacking("logits of all positions, where no word is masked")
    }
    try outputs.check(tokens: tokens, sequences: sequenceCount) { _ in tokens }
  }

  public var layout: ExampleActivationLayout { ExampleActivationLayout(models: outputs.models) }

  /// The rows of a sequence in `/tokens` and the columns of tokens.
  public func rows(ofSequence index: Int) -> Range<Int> {
    let offsets = file.values("/offsets", rows: index..<(index + 2), Int64.self)
    return Int(offsets[0])..<Int(offsets[1])
  }

  /// Where the rows of some sequences stand in the columns; nil if there is no such sequence.
  public func rows(ofSequences sequences: [Int]) -> StoredRows? {
    guard sequences.allSatisfy({ (0..<sequenceCount).contains($0) }) else { return nil }
    let tokens = sequences.map(rows(ofSequence:))
    return StoredRows(tokens: tokens, sequences: sequences.map { $0..<$0 + 1 }, logits: tokens)
  }

  /// All token ids, [T].
  public var tokenIDs: UnsafeBufferPointer<Int32> { file.values("/tokens", Int32.self) }

  /// Copies rows of a hidden state of the only model as float32.
  /// - Parameter target: [rows, C].
  public func readHidden(
    _ layer: String, rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>
  ) throws(ActivationStoreError) {
    guard let model = outputs.model(nil) else {
      preconditionFailure("several models where one is read")
    }
    try outputs.read(
      .hiddenState(layer), of: model, rows: StoredRows(tokens: [rows], sequences: [], logits: []),
      into: target)
  }
}
