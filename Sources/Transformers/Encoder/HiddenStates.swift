// What is asked of the encoder and what it gives.

/// What a block's attention is computed from: x · W + b of each token, before it is divided into heads.
public enum AttentionProjection: String, Sendable, Hashable, CaseIterable {
  case query, key, value
}

/// The hidden states and projections somebody reads; nothing else is computed. States are numbered as in transformers: 0
/// is the output of the embeddings, n the output of layer n, the last of them what heads read. Blocks are counted from 0:
/// block n reads hidden state n.
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
  /// Projections of every token, by block.
  public var projections: [Int: Set<AttentionProjection>]

  public init(
    lastLayer: Rows?, layers: Set<Int> = [],
    projections: [Int: Set<AttentionProjection>] = [:]
  ) {
    (self.lastLayer, self.layers, self.projections) = (lastLayer, layers, projections)
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
  /// Projections [T, C] by block, those that were asked for at the least.
  public let projections: [Int: [AttentionProjection: TensorColumns]]
}
