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
    of first: ExampleActivationStore, and second: ExampleActivationStore, engine: Engine,
    observer: (any RecordingObserver)? = nil
  ) throws(LayerSimilarityError) {
    try Self.checkTokens(of: first, second)
    tokenCount = first.tokenIDs.count
    sequenceCount = first.sequenceCount
    guard tokenCount > 1 else { throw LayerSimilarityError.tooFewTokens(count: tokenCount) }
    let sides = try [first, second].map { (store) throws(LayerSimilarityError) in
      try StoredLayers(store)
    }
    let (rows, columns) = (sides[0].layers.count, sides[1].layers.count)
    let sameWidth = sides[0].width == sides[1].width

    var sums = AlignmentSums(sides.map { ($0.layers.count, $0.width) })
    var cosines = [[Double]](repeating: [Double](repeating: 0, count: columns), count: rows)
    var clock = RecordingClock(total: tokenCount, observer: observer)
    for start in stride(from: 0, to: tokenCount, by: Self.chunk) {
      let range = start..<min(start + Self.chunk, tokenCount)
      var states: [[[Float]]] = []
      for side in sides {
        var read: [[Float]] = []
        for layer in side.layers.indices { read.append(try side.read(layer, range)) }
        states.append(read)
      }
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
    of first: ExampleActivationStore, _ second: ExampleActivationStore
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
  /// It has none that have a number, or they are of several models.
  case noHiddenStates(path: String)
  case store(ActivationStoreError)

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
    case .noHiddenStates(let path):
      "\(path): expected hidden states of one model, found none; record them with `retort activations --text`"
    case .store(let error): error.description
    }
  }
}

/// Hidden states of one model by their numbers.
public struct StoredHiddenStates: Sendable {
  public let layers: [Int]
  /// C
  public let hiddenSize: Int
  public let precision: ActivationPrecision
  fileprivate let names: [String]

  public init(of store: ExampleActivationStore) throws(LayerSimilarityError) {
    let model = store.outputs.model(nil)
    let found = (model?.hiddenLayers ?? []).compactMap { name in
      (name == ModelOutput.lastLayer ? model?.layerCount : Int(name))
        .map { (number: $0, name: name) }
    }
    guard let first = found.first.flatMap({ model?[.hiddenState($0.name)] }) else {
      throw .noHiddenStates(path: store.path)
    }
    layers = found.map(\.number)
    names = found.map(\.name)
    (hiddenSize, precision) = (first.width, first.precision)
  }
}

/// A store's layers with the mean of each column over all tokens.
private struct StoredLayers {
  let layers: [Int]
  let width: Int
  private let states: StoredHiddenStates
  private let store: ExampleActivationStore
  /// By layer.
  let means: [ColumnMeans]

  init(_ store: ExampleActivationStore) throws(LayerSimilarityError) {
    self.store = store
    states = try StoredHiddenStates(of: store)
    (layers, width) = (states.layers, states.hiddenSize)
    let tokens = store.tokenIDs.count
    var means: [ColumnMeans] = []
    for name in states.names {
      var sums = ColumnSums(width: width)
      for start in stride(from: 0, to: tokens, by: 2048) {
        sums.add(try Self.read(store, name, width, start..<min(start + 2048, tokens)))
      }
      means.append(sums.means(rows: tokens))
    }
    self.means = means
  }

  /// States of some tokens, [rows, C].
  func read(_ index: Int, _ rows: Range<Int>) throws(LayerSimilarityError) -> [Float] {
    try Self.read(store, states.names[index], width, rows)
  }

  private static func read(
    _ store: ExampleActivationStore, _ layer: String, _ width: Int, _ rows: Range<Int>
  ) throws(LayerSimilarityError) -> [Float] {
    var values = [Float](repeating: 0, count: rows.count * width)
    do {
      try values.withUnsafeMutableBufferPointer { (target) throws(ActivationStoreError) in
        try store.readHidden(layer, rows: rows, into: target)
      }
    } catch {
      throw .store(error)
    }
    return values
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
