// How alike two models see the same text.
import Foundation
import RetortStorage
import RetortTensorEngine

/// The hidden states of two models after every layer compared token by token, over one text.
///
/// Linear centred kernel alignment of X [T, C] and Y [T, D], each column less its mean:
///
///     CKA = ‖Xᵀ Y‖² / (‖Xᵀ X‖ · ‖Yᵀ Y‖),  Frobenius norms
///
/// from 0 to 1, the same under rotation and scaling of either; it asks whether tokens that are alike for one model
/// are alike for the other. The cosine, the mean over tokens of x·y / (|x| |y|), asks whether the two states are the
/// same directions of one space: it is what the cosine loss trains, and needs C = D.
///
/// Source: Kornblith, Norouzi, Lee, Hinton 2019 (arXiv 1905.00414), section 3, equation of linear CKA.
public struct LayerSimilarity: Sendable, Equatable {
  /// [layers of the first][layers of the second], in the order of the stores.
  public let alignment: [[Double]]
  /// Likewise; nil where the models are of different width.
  public let cosine: [[Double]]?
  public let sequenceCount: Int
  public let tokenCount: Int

  /// Tokens whose states are in memory at a time. Fixed: float32 sums are taken within it, in double beyond.
  private static let chunk = 2048

  /// - Parameters:
  ///   - first, second: hidden states of the same tokens.
  ///   - observer: hears how many tokens are done; it is not asked whether to stop, as nothing would be kept.
  public init(
    of first: TextActivationStore, and second: TextActivationStore, engine: Engine,
    observer: (any RecordingObserver)? = nil
  ) throws(LayerSimilarityError) {
    try Self.checkTokens(of: first, second)
    tokenCount = first.tokenIDs.count
    sequenceCount = first.sequenceCount
    guard tokenCount > 1 else { throw LayerSimilarityError.tooFewTokens(count: tokenCount) }
    let sides = [StoredLayers(first), StoredLayers(second)]
    let (rows, columns) = (first.layout.layers.count, second.layout.layers.count)
    let sameWidth = first.layout.hiddenSize == second.layout.hiddenSize

    var sums = AlignmentSums(sides.map { ($0.layers.count, $0.width) })
    var cosines = [[Double]](repeating: [Double](repeating: 0, count: columns), count: rows)
    var clock = RecordingClock(total: tokenCount, observer: observer)
    for start in stride(from: 0, to: tokenCount, by: Self.chunk) {
      let range = start..<min(start + Self.chunk, tokenCount)
      let states = sides.map { side in (0..<side.layers.count).map { side.read($0, range) } }
      if sameWidth {
        for a in 0..<rows {
          for b in 0..<columns {
            cosines[a][b] += StoredLayers.cosines(states[0][a], states[1][b], rows: range.count)
          }
        }
      }
      sums.add(
        zip(sides, states).map { side, states in
          zip(side.means, states).map { $0.centre($1) }
        }, rows: range.count, on: engine)
      _ = clock.report(done: range.upperBound, tokens: range.count)
    }
    if let constant = sums.constant {
      throw LayerSimilarityError.constant(
        isFirst: constant.side == 0, layer: sides[constant.side].layers[constant.layer])
    }
    alignment = sums.alignment
    let tokens = Double(tokenCount)
    cosine = sameWidth ? cosines.map { $0.map { $0 / tokens } } : nil
  }

  private static func checkTokens(
    of first: TextActivationStore, _ second: TextActivationStore
  ) throws(LayerSimilarityError) {
    guard first.sequenceCount == second.sequenceCount else {
      throw .otherSequences(counts: [first.sequenceCount, second.sequenceCount])
    }
    for index in 0..<first.sequenceCount {
      let rows = (first.rows(ofSequence: index), second.rows(ofSequence: index))
      guard
        rows.0 == rows.1,
        first.tokenIDs[rows.0].elementsEqual(second.tokenIDs[rows.1])
      else { throw .otherTokens(sequence: index) }
    }
  }
}

public enum LayerSimilarityError: Error, Equatable, Sendable, CustomStringConvertible {
  case otherSequences(counts: [Int])
  /// Counted from 0.
  case otherTokens(sequence: Int)
  case tooFewTokens(count: Int)
  /// All tokens have the same state there: nothing can be aligned with it.
  case constant(isFirst: Bool, layer: Int)

  public var description: String {
    let advice = "record both from the same text with the same vocabulary and --max-length"
    return switch self {
    case .otherSequences(let counts):
      "sequences: expected as many in both stores, found \(counts[0]) and \(counts[1]); \(advice)"
    case .otherTokens(let sequence):
      "line \(sequence + 1): the two stores do not hold the same tokens; \(advice)"
    case .tooFewTokens(let count):
      "expected at least 2 tokens, found \(count); record a longer text"
    case .constant(let isFirst, let layer):
      "layer \(layer) of the \(isFirst ? "first" : "second") store is the same for every token, "
        + "which aligns with nothing; leave it out with `retort activations --layers`"
    }
  }
}

/// A store's layers with the mean of each column over all tokens.
private struct StoredLayers {
  let layers: [Int]
  let width: Int
  private let store: TextActivationStore
  /// By layer.
  let means: [ColumnMeans]

  init(_ store: TextActivationStore) {
    self.store = store
    let (layers, width) = (store.layout.layers, store.layout.hiddenSize)
    (self.layers, self.width) = (layers, width)
    let tokens = store.tokenIDs.count
    means = layers.map { layer in
      var sums = ColumnSums(width: width)
      for start in stride(from: 0, to: tokens, by: 2048) {
        sums.add(Self.read(store, layer, start..<min(start + 2048, tokens)))
      }
      return sums.means(rows: tokens)
    }
  }

  /// States of some tokens, [rows, C].
  func read(_ index: Int, _ rows: Range<Int>) -> [Float] { Self.read(store, layers[index], rows) }

  private static func read(
    _ store: TextActivationStore, _ layer: Int, _ rows: Range<Int>
  ) -> [Float] {
    [Float](unsafeUninitializedCapacity: rows.count * store.layout.hiddenSize) { target, count in
      count = rows.count * store.layout.hiddenSize
      store.readHidden(
        layer: layer, rows: rows, into: UnsafeMutableBufferPointer(rebasing: target[..<count]))
    }
  }

  /// Sum over rows of the cosines; 0 for a row without length.
  static func cosines(_ x: [Float], _ y: [Float], rows: Int) -> Double {
    let width = x.count / rows
    var total = 0.0
    for row in 0..<rows {
      var (xy, xx, yy) = (0.0, 0.0, 0.0)
      for place in row * width..<(row + 1) * width {
        let (a, b) = (Double(x[place]), Double(y[place]))
        xy += a * b
        xx += a * a
        yy += b * b
      }
      let length = (xx * yy).squareRoot()
      if length > 0 { total += xy / length }
    }
    return total
  }
}
