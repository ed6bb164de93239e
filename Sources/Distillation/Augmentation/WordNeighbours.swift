// The words nearest to one that a vocabulary has only in pieces.
import Glibc
import RetortLayers
import RetortTensorEngine
import RetortText
import RetortTransformers

/// Nearest by cosine in a model's own word embeddings, among the entries that are whole words: of letters alone, without
/// `##`. A word in pieces stands at the mean of its pieces' rows.
///
/// TinyBERT takes GloVe's vectors here, which have words that the vocabulary has only in pieces.
final class WordNeighbours {
  /// Ê [V, C]: rows of length 1.
  private let rows: Parameter
  /// [V]: 0 for whole words, else so low that no cosine makes up for it.
  private let exclusion: Parameter
  private let embeddings: Parameter
  private let count: Int
  private let scope: ComputeScope
  private var known: [[Int32]: [Int32]] = [:]
  /// So many words are remembered; then it begins anew.
  private static let mostKnown = 1 << 16
  private static let excluded: Float = -4

  /// - Parameter count: neighbours of a word, at most as many as the model has words.
  init(_ model: TransformerModel, vocabulary: Vocabulary, count: Int, engine: Engine) {
    embeddings = model.encoder.embeddings.words
    self.count = count
    scope = ComputeScope(engine: engine, recording: false)
    let columns = embeddings.columns
    rows = Parameter(
      path: "neighbours.rows", kind: .embedding, shape: [embeddings.rows, columns])
    exclusion = Parameter(path: "neighbours.exclusion", kind: .bias, shape: [embeddings.rows])
    for row in 0..<embeddings.rows {
      let values = embeddings.values[row * columns..<(row + 1) * columns]
      let length = Self.length(of: values)
      let isWord = row < vocabulary.count && Self.isWord(vocabulary.tokens[row]) && length > 0
      exclusion.values[row] = isWord ? 0 : Self.excluded
      guard isWord else { continue }
      for (column, value) in values.enumerated() {
        rows.values[row * columns + column] = Float(Double(value) / length)
      }
    }
  }

  private static func isWord(_ token: String) -> Bool {
    !token.isEmpty && token.unicodeScalars.allSatisfy(\.properties.isAlphabetic)
  }

  private static func length(of values: some Sequence<Float>) -> Double {
    sqrt(values.reduce(0) { $0 + Double($1) * Double($1) })
  }

  /// The ids of the words nearest to one of several pieces, the nearest first; none where its vector has no direction.
  func nearest(to pieces: ArraySlice<Int32>) -> [Int32] {
    let key = Array(pieces)
    if let found = known[key] { return found }
    if known.count >= Self.mostKnown { known.removeAll(keepingCapacity: true) }
    let found = compute(key)
    known[key] = found
    return found
  }

  /// One word at a time, so that the bits do not depend on which words came before.
  private func compute(_ pieces: [Int32]) -> [Int32] {
    let columns = embeddings.columns
    var mean = [Double](repeating: 0, count: columns)
    for piece in pieces {
      for column in 0..<columns {
        mean[column] += Double(embeddings.values[Int(piece) * columns + column])
      }
    }
    let length = sqrt(mean.reduce(0) { $0 + $1 * $1 })
    guard length > 0, length.isFinite else { return [] }
    scope.reset()
    let nearest = TopLogitSelection(rows: 1, count: count, temperatures: [])
    _ = scope.vocabularyHead(
      hidden: scope.input(mean.map { Float($0 / length) }, rows: 1, columns: columns),
      decoder: rows, bias: exclusion, objectives: [WeightedObjective(nearest, gradientScale: 0)])
    return zip(nearest.values, nearest.ids).filter { $0.0 > Self.excluded / 2 }.map(\.1)
  }
}
