// What is read of a model's computation.
// Stores of teacher outputs use it too. A file with a term needs it without a further import.
@_exported import enum RetortStorage.TokenPositions
@_exported import enum RetortTransformers.AttentionProjection

/// A hidden state [T, C] of an encoder.
public enum HiddenLayer: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// Numbered as in transformers: 0 is the output of the embeddings, n that of block n.
  case number(Int)
  /// What heads read.
  case last

  /// The layer of an encoder of `layerCount` blocks; the last one is `last` whatever it was called.
  public func of(layerCount: Int) -> HiddenLayer {
    self == .number(layerCount) ? .last : self
  }

  public var description: String {
    switch self {
    case .number(let number): "\(number)"
    case .last: "last"
    }
  }
}

/// A block of an encoder.
public enum EncoderBlock: Sendable, Hashable, CustomStringConvertible {
  /// Counted from 0: block n reads hidden state n.
  case number(Int)
  case last

  /// Its number in an encoder of `layerCount` blocks.
  public func number(layerCount: Int) -> Int {
    switch self {
    case .number(let number): number
    case .last: layerCount - 1
    }
  }

  public var description: String {
    switch self {
    case .number(let number): "\(number)"
    case .last: "last"
    }
  }
}

/// Queries, keys or values [T, C] that a block's attention is computed from, before dropout and before they are divided
/// into heads.
public struct BlockProjection: Sendable, Hashable, CustomStringConvertible {
  public var projection: AttentionProjection
  public var block: EncoderBlock

  public init(_ projection: AttentionProjection, of block: EncoderBlock) {
    (self.projection, self.block) = (projection, block)
  }

  public var description: String { "\(projection.rawValue) of block \(block)" }
}

/// How the last hidden states of a sequence become one vector.
public enum Pooling: String, Sendable, CaseIterable {
  /// The mean over all tokens, [CLS] and [SEP] too, as sentence-transformers does it.
  case mean
  /// That of [CLS].
  case first
}

/// What terms read of a student or a teacher. Nothing else is computed, recorded or stored.
public struct Observations: Sendable, Equatable {
  /// Where logits over the vocabulary are read; nil for nowhere.
  public var vocabularyLogits: TokenPositions?
  /// Hidden states that are read whole.
  public var hiddenStates: Set<HiddenLayer>
  /// Of which blocks the queries, keys or values are read.
  public var projections: Set<BlockProjection>
  /// Vectors of whole sequences, not normalised, that are read of a teacher. A student's are pooled by the term.
  public var pooled: Set<Pooling>
  /// Whether the logits of the classification head are read.
  public var classLogits: Bool

  public init(
    vocabularyLogits: TokenPositions? = nil, hiddenStates: Set<HiddenLayer> = [],
    projections: Set<BlockProjection> = [], pooled: Set<Pooling> = [], classLogits: Bool = false
  ) {
    self.vocabularyLogits = vocabularyLogits
    self.hiddenStates = hiddenStates
    self.projections = projections
    self.pooled = pooled
    self.classLogits = classLogits
  }

  public static let nothing = Observations()
  public var isEmpty: Bool { self == .nothing }

  /// What either reads.
  public func union(_ other: Observations) -> Observations {
    let positions = [vocabularyLogits, other.vocabularyLogits]
    return Observations(
      vocabularyLogits: positions.contains(.all)
        ? .all : positions.contains(.masked) ? .masked : nil,
      hiddenStates: hiddenStates.union(other.hiddenStates),
      projections: projections.union(other.projections),
      pooled: pooled.union(other.pooled),
      classLogits: classLogits || other.classLogits)
  }
}

/// Sizes of a student or a teacher, as far as they are known.
public struct ModelDimensions: Sendable, Equatable {
  public var layerCount: Int?
  public var hiddenSize: Int?
  public var vocabularySize: Int?
  public var classCount: Int?
  /// Heads of attention.
  public var headCount: Int?

  public init(
    layerCount: Int? = nil, hiddenSize: Int? = nil,
    vocabularySize: Int? = nil, classCount: Int? = nil, headCount: Int? = nil
  ) {
    self.layerCount = layerCount
    self.hiddenSize = hiddenSize
    self.vocabularySize = vocabularySize
    self.classCount = classCount
    self.headCount = headCount
  }
}
