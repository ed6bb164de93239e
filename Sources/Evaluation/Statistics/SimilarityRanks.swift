// Whether two models order the similarities of pairs of sentences in the same way.

/// Spearman's correlation between the similarities that two models give to the same pairs of sentences, with a jackknife over
/// groups of neighbouring sentences: pairs that share a sentence are not independent, and neither are sentences of one document.
public struct SimilarityRanks: Sendable {
  /// Groups of sentences, each of which is left out once.
  public static let groupCount = 20

  /// Somebody asked to stop.
  public struct Stopped: Error, Equatable {
    /// How many groups had been left out, and of how many.
    public let done: Int
    public let total: Int
  }

  private let groupCount: Int
  /// Of each pair, the groups of its two sentences.
  private let groups: [(UInt8, UInt8)]

  /// - Parameter pairs: of at least 3 sentences.
  public init(of pairs: SentencePairs) {
    precondition(pairs.sentenceCount > 2, "\(pairs.sentenceCount) sentences")
    let groupCount = min(Self.groupCount, pairs.sentenceCount)
    var groups: [(UInt8, UInt8)] = []
    groups.reserveCapacity(pairs.count)
    func group(_ sentence: Int) -> UInt8 { UInt8(sentence * groupCount / pairs.sentenceCount) }
    pairs.forEach { groups.append((group($0), group($1))) }
    (self.groupCount, self.groups) = (groupCount, groups)
  }

  /// - Parameters:
  ///   - first, second: the similarities of the pairs, in their order.
  ///   - stopIsRequested: asked before each group is left out.
  /// - Returns: nil where it is not defined: all similarities of a model are equal, or would be without one of the groups.
  public func correlation(
    of first: RankedValues, with second: RankedValues, stopIsRequested: () -> Bool = { false }
  ) throws(Stopped) -> Estimate? {
    precondition(
      first.count == groups.count && second.count == groups.count,
      "\(first.count) and \(second.count) similarities of \(groups.count) pairs")
    var leftOut: [Double] = []
    for group in 0..<groupCount {
      if stopIsRequested() { throw Stopped(done: group, total: groupCount) }
      leftOut.append(value(of: first, with: second, without: UInt8(group)))
    }
    let estimate = Estimate(
      value: value(of: first, with: second, without: nil), jackknife: leftOut, isCorrelation: true)
    return estimate.isFinite ? estimate : nil
  }

  /// Pearson's correlation of the ranks among the pairs that have no sentence of a group.
  private func value(
    of first: RankedValues, with second: RankedValues, without group: UInt8?
  ) -> Double {
    func isTaken(_ pair: Int) -> Bool { groups[pair].0 != group && groups[pair].1 != group }
    let (a, b) = (
      first.ranksOfPlaces(among: isTaken), second.ranksOfPlaces(among: isTaken)
    )
    // Ranks of n values have the mean (n+1)/2, ties or not.
    let mean = Double(groups.indices.count(where: isTaken) + 1) / 2
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for pair in groups.indices where isTaken(pair) {
      let x = a[Int(first.places[pair])] - mean
      let y = b[Int(second.places[pair])] - mean
      ab += x * y
      aa += x * x
      bb += y * y
    }
    return ab / (aa.squareRoot() * bb.squareRoot())
  }
}
