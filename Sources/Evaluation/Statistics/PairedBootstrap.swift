// How far a difference between two models, example by example, rests on the examples that happened to be asked.

/// The percentile interval of a mean difference under the paired bootstrap: the examples are drawn
/// anew with replacement, as many as there are, each with what both models made of it.
///
/// Nothing is drawn here. A resample's sum is that of n independent draws from the differences, of
/// which there are few distinct ones, so its distribution is their n-fold convolution:
///   Pₙ(s) = Σ_d q(d) · Pₙ₋₁(s - d),   q(d) the share of examples with difference d
/// Infinitely many resamples would give the same interval, and every machine gives the same digits.
/// - Source: B. Efron, Annals of Statistics 7 (1979), 1-26 (the bootstrap; its percentile interval).
public struct PairedBootstrap: Sendable, Equatable {
  /// Mean difference of the examples as they are, and the interval's ends.
  public let mean: Double
  public let low: Double
  public let high: Double

  /// Probability that is left out on either side at each step: it could move no end of an interval.
  private static let negligible = 1e-18

  /// - Parameters:
  ///   - differences: one per example, in units of 1/`scale`; for two models 1, 0 or -1.
  ///   - scale: > 0; of several runs' differences added up, their number.
  ///   - level: of the interval, in 0..<1.
  /// - Returns: nil without examples.
  public init?(differences: [Int], scale: Int = 1, level: Double = 0.95) {
    precondition(scale > 0 && (0..<1).contains(level), "scale \(scale), level \(level)")
    guard !differences.isEmpty else { return nil }
    let count = differences.count
    var occurrences: [Int: Int] = [:]
    for difference in differences { occurrences[difference, default: 0] += 1 }
    let shares = occurrences.keys.sorted().map { difference in
      (difference: difference, share: Double(occurrences[difference, default: 0]) / Double(count))
    }
    let least = shares[0].difference
    let width = shares[shares.count - 1].difference - least

    // mass[i] is the probability of the sum first + i.
    var mass = [1.0]
    var first = 0
    for _ in 0..<count {
      var next = [Double](repeating: 0, count: mass.count + width)
      for (place, probability) in mass.enumerated() {
        for (difference, share) in shares {
          next[place + difference - least] += probability * share
        }
      }
      let kept = next.firstIndex { $0 > Self.negligible } ?? 0
      let end = (next.lastIndex { $0 > Self.negligible } ?? next.count - 1) + 1
      mass = Array(next[kept..<end])
      first += least + kept
    }

    /// The least sum that so much of the probability does not exceed.
    func quantile(_ probability: Double) -> Double {
      var below = 0.0
      for (place, share) in mass.enumerated() {
        below += share
        if below >= probability { return Double(first + place) / Double(count * scale) }
      }
      return Double(first + mass.count - 1) / Double(count * scale)
    }
    mean = Double(differences.reduce(0, +)) / Double(count * scale)
    low = quantile((1 - level) / 2)
    high = quantile((1 + level) / 2)
  }
}
