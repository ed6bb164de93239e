// What is asked of the encoder and what it gives.

/// The hidden states somebody reads; nothing else is computed. Numbered as in transformers: 0 is the
/// output of the embeddings, n the output of layer n, the last of them what heads read.
public struct HiddenStateRequest: Sendable {
  /// Rows of the last layer.
  public enum Rows: Sendable {
    /// Every token.
    case all
    /// The first token of each sequence, [CLS].
    case first
    /// Packed row numbers, ascending, at least one.
    case selection([Int32])
  }

  /// What is read of the last layer; nil if it is not read at all.
  public var lastLayer: Rows?
  /// Hidden states that are read whole.
  public var layers: Set<Int>

  public init(lastLayer: Rows?, layers: Set<Int> = []) {
    (self.lastLayer, self.layers) = (lastLayer, layers)
  }

  /// Every token of the last layer.
  public static let all = HiddenStateRequest(lastLayer: .all)
  /// [CLS] of the last layer.
  public static let first = HiddenStateRequest(lastLayer: .first)
}

/// Hidden states of one batch, valid until their scope is reset.
public struct HiddenStates {
  /// What was asked of the last layer [R, C], with the rows it consists of.
  public let last: (rows: Tensor, selection: RowSelection)?
  /// Whole hidden states [T, C] by number.
  public let layers: [Int: Tensor]
}
