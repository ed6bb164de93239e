// The hidden states of a text, for analysis.
import RetortFiles

/// What a store of a text's hidden states holds.
/// File: `/tokens` [T], `/offsets` [N + 1], `/hidden/<layer>` [T, C] for each layer.
public struct TextActivationLayout: Equatable, Sendable {
  /// Numbers of the layers: 0 for the embeddings, then the blocks from 1 on.
  public let layers: [Int]
  public let hiddenSize: Int
  public let precision: ActivationPrecision

  public init(layers: [Int], hiddenSize: Int, precision: ActivationPrecision) {
    self.layers = layers
    self.hiddenSize = hiddenSize
    self.precision = precision
  }

  static let form = "text"

  var columns: [ActivationColumn] {
    [
      ActivationColumn(path: "/tokens", type: .int32),
      ActivationColumn(path: "/offsets", type: .int64, beginsWithZero: true),
    ]
      + layers.map {
        ActivationColumn(
          path: "/hidden/\($0)", type: precision.elementType, rowShape: [hiddenSize])
      }
  }
}

/// How hidden states and logits are stored.
public enum ActivationPrecision: String, Sendable, CaseIterable {
  case f16, f32

  var elementType: ElementType { self == .f16 ? .float16 : .float32 }
}

/// Writes the hidden states of a text sequence by sequence.
public final class TextActivationWriter {
  public let layout: TextActivationLayout
  private let shards: ShardedActivationWriter

  /// Begins a store at the path, or goes on with an unfinished one of the same layout and source.
  /// - Parameter source: what the activations are of, such as digests of model, vocabulary and text.
  public init(
    path: String, layout: TextActivationLayout, source: [String: String],
    shardByteCount: Int = 64 << 20
  ) throws(ActivationStoreError) {
    self.layout = layout
    shards = try ShardedActivationWriter(
      path: path,
      manifest: ActivationManifest(
        form: TextActivationLayout.form, columns: layout.columns, source: source),
      shardByteCount: shardByteCount)
  }

  /// Sequences that are safe on the disk: the next one to append is the one of this number.
  public var finishedSequenceCount: Int { shards.finishedUnitCount }

  /// Values too large for binary16 so far, clipped to ±65504.
  public var overflowCount: Int { shards.overflowCount }

  /// Adds the next sequence.
  /// - Parameters:
  ///   - tokenIDs: [T].
  ///   - hidden: [T, C] of each layer, in the layout's order.
  public func append(
    tokenIDs: UnsafeBufferPointer<Int32>, hidden: [UnsafeBufferPointer<Float>]
  ) throws(ActivationStoreError) {
    precondition(hidden.count == layout.layers.count, "\(hidden.count) layers of \(layout.layers)")
    shards.append(UnsafeRawBufferPointer(tokenIDs), to: 0)
    shards.append([Int64(shards.rowCount(0))], to: 1)
    for (index, values) in hidden.enumerated() {
      precondition(
        values.count == tokenIDs.count * layout.hiddenSize,
        "\(values.count) values for [\(tokenIDs.count), \(layout.hiddenSize)]")
      shards.append(values, to: 2 + index)
    }
    try shards.endUnit()
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
    var attributes: [String: StoredValue] = [
      "form": .text(TextActivationLayout.form),
      "hidden_size": .integer(Int64(layout.hiddenSize)),
      "layers": .integers(layout.layers.map { Int64($0) }),
      "overflow_count": .integer(Int64(overflowCount)),
      "precision": .text(layout.precision.rawValue),
    ]
    attributes["command"] = command.map { .text($0) }
    attributes["processor"] = processor.map { .text($0) }
    try shards.finish(attributes: attributes)
  }
}

/// A verified store of a text's hidden states, in a mapping; pointers are valid while it lives.
public final class TextActivationStore: Sendable {
  public let layout: TextActivationLayout
  /// What the activations are of.
  public let source: [String: String]
  /// What was typed to make it, and the processor's name; nil in stores that do not say.
  public let command: String?
  public let processor: String?
  public let overflowCount: Int
  public let sequenceCount: Int
  private let file: ActivationFile

  public init(path: String) throws(ActivationStoreError) {
    file = try ActivationFile(path: path, form: TextActivationLayout.form)
    layout = TextActivationLayout(
      layers: try file.integers("layers"), hiddenSize: try file.integer("hidden_size"),
      precision: try file.precision("precision"))
    source = file.source
    command = try file.optionalText("command")
    processor = try file.optionalText("processor")
    overflowCount = try file.integer("overflow_count")
    try file.check(layout.columns)
    sequenceCount = file.rowCount("/offsets") - 1
  }

  /// The rows of a sequence in `/tokens` and `/hidden`.
  public func rows(ofSequence index: Int) -> Range<Int> {
    let offsets = file.values("/offsets", Int64.self)
    return Int(offsets[index])..<Int(offsets[index + 1])
  }

  /// All token ids, [T].
  public var tokenIDs: UnsafeBufferPointer<Int32> { file.values("/tokens", Int32.self) }

  /// Copies rows of a layer's hidden states as float32.
  /// - Parameter target: [rows, C].
  public func readHidden(
    layer: Int, rows: Range<Int>, into target: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(layout.layers.contains(layer), "layer \(layer) of \(layout.layers)")
    file.read("/hidden/\(layer)", rows: rows, into: target)
  }
}
