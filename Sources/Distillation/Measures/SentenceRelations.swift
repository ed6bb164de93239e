// What sentences have to do with one another by the vectors of one model.
import RetortEvaluation
import RetortTransformers

/// Similarities uₙ·uₘ of sentences, in order of size, and the nearest neighbours of each.
struct SentenceRelations {
  /// What is wanted of all sentences.
  struct Comparison {
    /// Whose similarities are compared; nil for none.
    var pairs: SentencePairs?
    /// How many neighbours of each sentence.
    var nearest: Int
  }

  /// Rows of similarities that are in memory at a time.
  private static let block = 256

  /// Of the pairs, in their order.
  private(set) var similarities: RankedValues?
  /// [N, k], the nearest first.
  private var neighbours: [Int32] = []
  private let neighbourCount: Int

  /// - Parameters:
  ///   - vectors: u [N, columns], row by row.
  ///   - observer: may ask to stop between two blocks of sentences.
  init(
    _ vectors: [Float], columns: Int, _ comparison: Comparison, engine: Engine,
    _ observer: (any RecordingObserver)?
  ) throws(MeasureError) {
    let count = vectors.count / columns
    neighbourCount = comparison.nearest
    let takesAllPairs = comparison.pairs.map { $0.takesAll } ?? false
    var ofPairs: [Float] = []
    if let pairs = comparison.pairs {
      ofPairs.reserveCapacity(pairs.count)
      if !takesAllPairs {
        pairs.forEach { ofPairs.append(Self.product(vectors, columns, $0, $1)) }
      }
    }
    if takesAllPairs || neighbourCount > 0 {
      let products = SimilarityRows(vectors, columns: columns, engine)
      neighbours.reserveCapacity(count * neighbourCount)
      for start in stride(from: 0, to: count, by: Self.block) {
        if observer?.stopIsRequested ?? false { throw .interrupted(done: start, total: count) }
        let range = start..<min(start + Self.block, count)
        let rows = products[range]
        for (place, sentence) in range.enumerated() {
          let row = rows[place * count..<(place + 1) * count]
          if takesAllPairs { ofPairs += row[(row.startIndex + sentence + 1)...] }
          if neighbourCount > 0 {
            neighbours += Self.nearest(neighbourCount, in: row, besides: sentence)
          }
        }
      }
    }
    if comparison.pairs != nil { similarities = RankedValues(finite: ofPairs) }
  }

  /// - Parameter k: at most as many as were wanted.
  func nearest(_ k: Int, to sentence: Int) -> ArraySlice<Int32> {
    neighbours[sentence * neighbourCount..<sentence * neighbourCount + k]
  }

  private static func product(_ vectors: [Float], _ columns: Int, _ a: Int, _ b: Int) -> Float {
    var sum = 0.0
    for i in 0..<columns {
      sum += Double(vectors[a * columns + i]) * Double(vectors[b * columns + i])
    }
    return Float(sum)
  }

  /// The largest of a row of similarities, of equal ones the first.
  private static func nearest(_ k: Int, in row: ArraySlice<Float>, besides own: Int) -> [Int32] {
    var found: [(value: Float, place: Int32)] = []
    for (place, value) in row.enumerated() where place != own {
      if found.count == k, value <= found[k - 1].value { continue }
      var at = found.count
      while at > 0, found[at - 1].value < value { at -= 1 }
      found.insert((value, Int32(place)), at: at)
      if found.count > k { found.removeLast() }
    }
    return found.map(\.place)
  }
}

/// Rows of the matrix of similarities of all sentences, a few at a time.
private struct SimilarityRows {
  private let columns: Int
  private let count: Int
  /// [C, N]
  private let transposed: [Float]
  private let engine: Engine

  init(_ vectors: [Float], columns: Int, _ engine: Engine) {
    let count = vectors.count / columns
    (self.columns, self.count, self.engine) = (columns, count, engine)
    transposed = [Float](unsafeUninitializedCapacity: vectors.count) { buffer, filled in
      for row in 0..<count {
        for column in 0..<columns {
          buffer[column * count + row] = vectors[row * columns + column]
        }
      }
      filled = vectors.count
    }
  }

  /// Similarities [block, N] of some sentences to all.
  subscript(range: Range<Int>) -> [Float] {
    var part = [Float](repeating: 0, count: columns * range.count)
    for column in 0..<columns {
      for (place, row) in range.enumerated() {
        part[column * range.count + place] = transposed[column * count + row]
      }
    }
    return part.withUnsafeBufferPointer { part in
      transposed.withUnsafeBufferPointer { all in
        engine.crossProduct(
          of: part, columns: range.count, with: all, columns: count, rows: columns)
      }
    }
  }
}
