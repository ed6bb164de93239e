// Whether two models order the similarities of pairs of sentences in the same way.

/// Spearman's correlation between the similarities that two models give to the same pairs of sentences, with a jackknife over
/// groups of neighbouring sentences: pairs that share a sentence are not independent, and neither are sentences of one document.
public struct SimilarityRanks: Sendable {
  /// Groups of sentences, each of which is left out once.
  public static let groupCount = 20

  private let first: RankedValues
  private let second: RankedValues
  /// Of each pair, which two sentences it is of.
  private let pairs: [(UInt32, UInt32)]
  private let sentenceCount: Int

  /// - Parameters:
  ///   - first, second: similarities of the pairs.
  ///   - pairs: numbers of their sentences.
  ///   - sentenceCount: of all sentences; at least 3.
  public init(
    first: [Float], second: [Float], pairs: [(UInt32, UInt32)], sentenceCount: Int
  ) {
    precondition(
      first.count == pairs.count && second.count == pairs.count && sentenceCount > 2,
      "\(first.count) and \(second.count) similarities of \(pairs.count) pairs")
    (self.first, self.second) = (RankedValues(first), RankedValues(second))
    (self.pairs, self.sentenceCount) = (pairs, sentenceCount)
  }

  /// Nil where it is not defined: all similarities of a model are equal, or would be without one of the groups.
  public var estimate: Estimate? {
    let groups = min(Self.groupCount, sentenceCount)
    let group = (0..<sentenceCount).map { $0 * groups / sentenceCount }
    let estimate = Estimate(
      value: correlation([Bool](repeating: true, count: pairs.count)),
      jackknife: (0..<groups).map { left in
        correlation(pairs.map { group[Int($0.0)] != left && group[Int($0.1)] != left })
      }, isCorrelation: true)
    return estimate.isFinite ? estimate : nil
  }

  /// Pearson's correlation of the ranks among some of the pairs.
  private func correlation(_ taken: [Bool]) -> Double {
    let (a, b) = (first.ranks(among: taken), second.ranks(among: taken))
    // Ranks of n values have the mean (n+1)/2, ties or not.
    let mean = Double(taken.count { $0 } + 1) / 2
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for pair in pairs.indices where taken[pair] {
      let x = a[Int(first.places[pair])] - mean
      let y = b[Int(second.places[pair])] - mean
      ab += x * y
      aa += x * x
      bb += y * y
    }
    return ab / (aa.squareRoot() * bb.squareRoot())
  }
}

/// Values by size, so that ranks among some of them are counted and not sorted again.
private struct RankedValues: Sendable {
  /// Of each value, how many smaller distinct ones there are.
  let places: [UInt32]
  private let distinctCount: Int

  init(_ values: [Float]) {
    // Size and place in one whole number, which sorts quickly.
    var keys = values.enumerated().map { place, value -> UInt64 in
      let bits = (value + 0).bitPattern
      let ordered = bits >> 31 == 0 ? bits | 1 << 31 : ~bits
      return UInt64(ordered) << 32 | UInt64(place)
    }
    keys.sort()
    var places = [UInt32](repeating: 0, count: values.count)
    var place: UInt32 = 0
    for (number, key) in keys.enumerated() {
      if number > 0, key >> 32 != keys[number - 1] >> 32 { place += 1 }
      places[Int(key & 0xFFFF_FFFF)] = place
    }
    self.places = places
    distinctCount = values.isEmpty ? 0 : Int(place) + 1
  }

  /// The rank of each place among some of the values, counted from 1; equal values share the mean of theirs.
  func ranks(among taken: [Bool]) -> [Double] {
    var counts = [Double](repeating: 0, count: distinctCount)
    for value in taken.indices where taken[value] { counts[Int(places[value])] += 1 }
    var before = 0.0
    for place in counts.indices {
      let count = counts[place]
      counts[place] = before + (count + 1) / 2
      before += count
    }
    return counts
  }
}
