// How much of a teacher's sentence vectors a model keeps.
import RetortEvaluation
import RetortRandomness
import RetortText
import RetortTransformers

/// Compares sentence vectors of models with those of a teacher, over the same sentences:
///
///     cosine         mean of cos(uₙ, vₙ), where both have the same width
///     rank           Spearman's correlation of uₙ·uₘ with vₙ·vₘ over pairs of sentences
///     neighbours     share of the k sentences nearest to one by u that are among the k nearest by v; of equal ones the first
public struct SentenceAgreement {
  /// Which pairs of sentences are compared.
  public enum Pairs: Sendable, Hashable {
    case all, none
    /// So many, drawn at random, any of them as often as it is drawn.
    case drawn(Int)
  }

  /// Of one model.
  public struct Figures: Sendable {
    /// Nil where the widths differ.
    public var cosine: Estimate?
    /// Nil where no pairs are compared, or too few, or pairs whose similarities are all equal.
    public var rank: Estimate?
    /// In the order of the numbers of neighbours.
    public var neighbours: [Estimate]
  }

  /// Sentences whose vectors are compared with one another: 20,000 of 384 numbers are 31 MB.
  public static let mostSentences = 20_000
  /// Sentences of which all pairs are compared: 12.5 million of them.
  public static let mostForAllPairs = 5_000
  /// Rows of similarities that are in memory at a time.
  private static let block = 256

  private let text: any SequenceSource
  private let pooling: SentencePooling
  private let pairs: Pairs
  private let neighbours: [Int]
  private let seed: UInt64
  private let engine: Engine

  /// - Parameters:
  ///   - neighbours: numbers of neighbours, each below the number of sentences.
  ///   - seed: of pairs that are drawn.
  /// - Throws: for more sentences than can be compared with one another, and for too few.
  public init(
    over text: any SequenceSource, _ pooling: SentencePooling, pairs: Pairs, neighbours: [Int],
    seed: UInt64, engine: Engine
  ) throws(MeasureError) {
    (self.text, self.pooling, self.pairs, self.neighbours) = (text, pooling, pairs, neighbours)
    (self.seed, self.engine) = (seed, engine)
    try Self.check(sentences: text.count, pairs: pairs, neighbours: neighbours)
  }

  /// - Throws: for more sentences than can be compared with one another, and for too few.
  public static func check(
    sentences count: Int, pairs: Pairs, neighbours: [Int]
  ) throws(MeasureError) {
    let advice = "write count: to take so many of them"
    if pairs == .all, count > mostForAllPairs {
      throw .tooMany(
        what: "sentences for pairs: all", found: count, most: mostForAllPairs,
        advice: "\(advice), or a number of pairs that are drawn")
    }
    guard pairs != .none || !neighbours.isEmpty else { return }
    if count > mostSentences {
      throw .tooMany(
        what: "sentences for pairs and neighbours", found: count, most: mostSentences,
        advice: advice)
    }
    // Besides a sentence and its neighbours there is one that is none of them.
    if let most = neighbours.max(), count < most + 2 {
      throw .tooFew(what: "sentences for \(most) nearest neighbours", found: count, least: most + 2)
    }
    if count < 3 { throw .tooFew(what: "sentences for pairs of them", found: count, least: 3) }
  }

  private var needsAllVectors: Bool { pairs != .none || !neighbours.isEmpty }

  /// - Parameters:
  ///   - count: how many models there are; each is made when its turn has come.
  ///   - take: is given the figures of each.
  public func compare(
    with teacher: TransformerModel, _ count: Int, model: (Int) throws -> TransformerModel,
    observer: (any RecordingObserver)? = nil, take: (Int, Figures) throws -> Void
  ) throws {
    let ofTeacher = SentenceVectors(of: teacher, pooling, engine: engine)
    guard needsAllVectors else {
      for number in 0..<count {
        let own = SentenceVectors(of: try model(number), pooling, engine: engine)
        var sums = ClusteredSums(exampleCount: text.count)
        let areAlike = own.columns == ofTeacher.columns
        try SentenceVectors.forEachGroup(of: text, observer) { batch throws(MeasureError) in
          guard areAlike else { return }
          let (u, v) = (try own(batch), try ofTeacher(batch))
          for (row, example) in batch.examples.enumerated() {
            sums.add(Self.cosine(u, v, row: row, columns: own.columns), toExample: example)
          }
        }
        try take(number, Figures(cosine: sums.estimate(), rank: nil, neighbours: []))
      }
      return
    }
    let v = try ofTeacher.all(of: text, observer: observer)
    let teacherSide = Side(v, columns: ofTeacher.columns)
    for number in 0..<count {
      let own = SentenceVectors(of: try model(number), pooling, engine: engine)
      let u = try own.all(of: text, observer: observer)
      var sums = ClusteredSums(exampleCount: text.count)
      if own.columns == ofTeacher.columns {
        for row in 0..<text.count {
          sums.add(Self.cosine(u, v, row: row, columns: own.columns), toExample: row)
        }
      }
      try take(
        number,
        figures(
          Side(u, columns: own.columns), teacherSide, cosine: sums.estimate(), observer: observer))
    }
  }

  private static func cosine(_ u: [Float], _ v: [Float], row: Int, columns: Int) -> Double {
    var (uv, uu, vv) = (0.0, 0.0, 0.0)
    for i in row * columns..<(row + 1) * columns {
      let (a, b) = (Double(u[i]), Double(v[i]))
      uv += a * b
      uu += a * a
      vv += b * b
    }
    return uv / max(uu.squareRoot() * vv.squareRoot(), 1e-24)
  }

  // MARK: Sentences with one another

  /// Vectors of all sentences, by sentence and by feature.
  private struct Side {
    let columns: Int
    let count: Int
    let rows: [Float]
    /// [C, N]
    let transposed: [Float]

    init(_ rows: [Float], columns: Int) {
      let count = rows.count / columns
      (self.rows, self.columns, self.count) = (rows, columns, count)
      transposed = [Float](unsafeUninitializedCapacity: rows.count) { buffer, filled in
        for row in 0..<count {
          for column in 0..<columns { buffer[column * count + row] = rows[row * columns + column] }
        }
        filled = rows.count
      }
    }

    /// Similarities [block, N] of some sentences to all.
    func similarities(of range: Range<Int>, _ engine: Engine) -> [Float] {
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

  /// - Throws: where it was asked to stop between two blocks of sentences.
  private func figures(
    _ own: Side, _ teacher: Side, cosine: Estimate?, observer: (any RecordingObserver)?
  ) throws(MeasureError) -> Figures {
    let count = text.count
    var ofPairs: (own: [Float], teacher: [Float], pairs: [(UInt32, UInt32)]) = ([], [], [])
    if case .drawn(let drawn) = pairs { ofPairs = drawnPairs(drawn, own, teacher) }
    if pairs == .all {
      let all = count * (count - 1) / 2
      ofPairs.own.reserveCapacity(all)
      ofPairs.teacher.reserveCapacity(all)
      ofPairs.pairs.reserveCapacity(all)
    }
    var shared = neighbours.map { _ in ClusteredSums(exampleCount: count) }
    let most = neighbours.max() ?? 0
    if pairs == .all || most > 0 {
      for start in stride(from: 0, to: count, by: Self.block) {
        if observer?.stopIsRequested ?? false { throw .interrupted(done: start, total: count) }
        let range = start..<min(start + Self.block, count)
        let u = own.similarities(of: range, engine)
        let v = teacher.similarities(of: range, engine)
        for (place, sentence) in range.enumerated() {
          let row = place * count..<(place + 1) * count
          if pairs == .all {
            for other in sentence + 1..<count {
              ofPairs.own.append(u[row.lowerBound + other])
              ofPairs.teacher.append(v[row.lowerBound + other])
              ofPairs.pairs.append((UInt32(sentence), UInt32(other)))
            }
          }
          guard most > 0 else { continue }
          let near = (
            Self.nearest(most, in: u[row], besides: sentence),
            Self.nearest(most, in: v[row], besides: sentence)
          )
          for (number, k) in neighbours.enumerated() {
            let both = Set(near.0.prefix(k)).intersection(near.1.prefix(k)).count
            shared[number].add(Double(both) / Double(k), toExample: sentence)
          }
        }
      }
    }
    return Figures(
      cosine: cosine,
      rank: ofPairs.pairs.isEmpty
        ? nil
        : SimilarityRanks(
          first: ofPairs.own, second: ofPairs.teacher, pairs: ofPairs.pairs, sentenceCount: count
        ).estimate,
      // One neighbour is shared or not.
      neighbours: zip(neighbours, shared).compactMap { $1.estimate(isShare: $0 == 1) })
  }

  /// The largest of a row of similarities, of equal ones the first.
  private static func nearest(_ k: Int, in row: ArraySlice<Float>, besides own: Int) -> [Int] {
    var found: [(value: Float, place: Int)] = []
    for (place, value) in row.enumerated() where place != own {
      if found.count == k, value <= found[k - 1].value { continue }
      var at = found.count
      while at > 0, found[at - 1].value < value { at -= 1 }
      found.insert((value, place), at: at)
      if found.count > k { found.removeLast() }
    }
    return found.map(\.place)
  }

  private func drawnPairs(
    _ drawn: Int, _ own: Side, _ teacher: Side
  ) -> (own: [Float], teacher: [Float], pairs: [(UInt32, UInt32)]) {
    var stream = RandomStream(seed: seed, name: .resampling, place: (2, 0))
    var result: (own: [Float], teacher: [Float], pairs: [(UInt32, UInt32)]) = ([], [], [])
    func product(_ side: Side, _ a: Int, _ b: Int) -> Float {
      var sum = 0.0
      for i in 0..<side.columns {
        sum += Double(side.rows[a * side.columns + i]) * Double(side.rows[b * side.columns + i])
      }
      return Float(sum)
    }
    for _ in 0..<drawn {
      let first = stream.integer(below: UInt32(text.count))
      let step = 1 + stream.integer(below: UInt32(text.count - 1))
      let second = UInt32((UInt64(first) + UInt64(step)) % UInt64(text.count))
      result.pairs.append((first, second))
      result.own.append(product(own, Int(first), Int(second)))
      result.teacher.append(product(teacher, Int(first), Int(second)))
    }
    return result
  }
}
