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
    let comparison = comparison
    let ranks = comparison.pairs.map { SimilarityRanks(of: $0) }
    let v = try ofTeacher.all(of: text, observer: observer)
    let expected = try SentenceRelations(
      v, columns: ofTeacher.columns, comparison, engine: engine, observer)
    for number in 0..<count {
      let own = SentenceVectors(of: try model(number), pooling, engine: engine)
      let u = try own.all(of: text, observer: observer)
      var sums = ClusteredSums(exampleCount: text.count)
      if own.columns == ofTeacher.columns {
        for row in 0..<text.count {
          sums.add(Self.cosine(u, v, row: row, columns: own.columns), toExample: row)
        }
      }
      let found = try SentenceRelations(
        u, columns: own.columns, comparison, engine: engine, observer)
      try take(
        number,
        Figures(
          cosine: sums.estimate(), rank: try rank(ranks, found, expected, observer),
          neighbours: shared(found, expected)))
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

  private var comparison: SentenceRelations.Comparison {
    let pairs: SentencePairs? =
      switch self.pairs {
      case .none: nil
      case .all: SentencePairs(allOf: text.count)
      case .drawn(let count): drawnPairs(count)
      }
    return SentenceRelations.Comparison(pairs: pairs, nearest: neighbours.max() ?? 0)
  }

  private func drawnPairs(_ count: Int) -> SentencePairs {
    var stream = RandomStream(seed: seed, name: .resampling, place: (2, 0))
    let drawn = (0..<count).map { _ in
      let first = stream.integer(below: UInt32(text.count))
      let step = 1 + stream.integer(below: UInt32(text.count - 1))
      return (
        first: first, second: UInt32((UInt64(first) + UInt64(step)) % UInt64(text.count))
      )
    }
    return SentencePairs(drawn, of: text.count)
  }

  private func rank(
    _ ranks: SimilarityRanks?, _ own: SentenceRelations, _ teacher: SentenceRelations,
    _ observer: (any RecordingObserver)?
  ) throws(MeasureError) -> Estimate? {
    guard let ranks, let found = own.similarities, let expected = teacher.similarities else {
      return nil
    }
    do throws(SimilarityRanks.Stopped) {
      return try ranks.correlation(
        of: found, with: expected, stopIsRequested: { observer?.stopIsRequested ?? false })
    } catch {
      throw .interrupted(
        done: error.done, total: error.total, units: "groups of the rank correlation's interval")
    }
  }

  private func shared(_ own: SentenceRelations, _ teacher: SentenceRelations) -> [Estimate] {
    neighbours.compactMap { k in
      var sums = ClusteredSums(exampleCount: text.count)
      for sentence in 0..<text.count {
        let both = Set(own.nearest(k, to: sentence)).intersection(teacher.nearest(k, to: sentence))
        sums.add(Double(both.count) / Double(k), toExample: sentence)
      }
      // One neighbour is shared or not.
      return sums.estimate(isShare: k == 1)
    }
  }
}
