// Numbers that chance made, compared with what they should be, with the power of each check stated.
import Foundation
import Testing

/// A bound on the distance of a measured number from the expected one.
///
/// A right program fails at 5 standard errors once in 1.7 million seeds: 2 (1 - Φ(5)) = 5.7e-7 (for
/// `expectEven` 2.9e-7, one-sided). The seeds are fixed, so that a check that passes always passes.
/// A wrong program is noticed with a probability of at least 99.9 % if it is off by what a check
/// calls `resolving`: by 5 + 3.09 standard errors, Φ(3.09) = 0.999. A check whose sample is too small
/// to resolve what it says fails, whatever was measured.
public enum Chance {
  public static let bound = 5.0
  public static let margin = 3.09

  /// How uneven counts are, in standard deviations above what chance alone makes of even ones, and the
  /// least departure that `total` draws show; parameters as of `expectEven`.
  public static func unevenness(
    _ counts: [Int], freedom: Int? = nil, scale: Double = 1
  ) -> (deviations: Double, least: Double) {
    let total = Double(counts.reduce(0, +))
    let mean = total / Double(counts.count)
    let chiSquare =
      scale * counts.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / mean
    let freedom = Double(freedom ?? counts.count - 1)
    // Wilson and Hilferty: the cube root of χ² / ν is nearly normal.
    let spread = 2 / (9 * freedom)
    let deviations = (cbrt(chiSquare / freedom) - (1 - spread)) / spread.squareRoot()
    // A departure w adds λ = n w² to the mean of χ², and 4 λ to its variance 2 ν.
    let limit = freedom * pow(1 - spread + bound * spread.squareRoot(), 3)
    var shift = 0.0
    for _ in 0..<60 {
      shift = limit - freedom + margin * (2 * (freedom + 2 * shift)).squareRoot()
    }
    return (deviations, (shift / (scale * total)).squareRoot())
  }
}

/// Expects `found` within 5 standard errors of `expected`.
/// - Parameters:
///   - standardError: of `found` if `expected` is right.
///   - effect: the least change of the expected number that has to be noticed, in its own units.
public func expectByChance(
  _ found: Double, expected: Double, standardError: Double, resolving effect: Double,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  let least = (Chance.bound + Chance.margin) * standardError
  #expect(
    least <= effect, "\(what): the least effect noticed is \(least), not \(effect): too few draws",
    sourceLocation: sourceLocation)
  #expect(
    abs(found - expected) < Chance.bound * standardError,
    "\(what): \((found - expected) / standardError) standard errors from \(expected): \(found)",
    sourceLocation: sourceLocation)
}

/// Expects that `count` of `trials` independent trials of one probability came out so.
/// - Parameter effect: the least change of the probability that has to be noticed.
public func expectFrequency(
  _ count: Int, of trials: Int, probability: Double, resolving effect: Double,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  expectByChance(
    Double(count) / Double(trials), expected: probability,
    standardError: (probability * (1 - probability) / Double(trials)).squareRoot(),
    resolving: effect, what, sourceLocation: sourceLocation)
}

/// Expects that the outcomes counted came equally often.
/// - Parameters:
///   - freedom: degrees of freedom of χ² if not one less than the outcomes.
///   - scale: what χ² is multiplied by to be distributed so, where draws are not independent.
///   - effect: the least departure that has to be noticed: root mean square, over the outcomes, of the
///     change of a probability relative to it.
public func expectEven(
  _ counts: [Int], freedom: Int? = nil, scale: Double = 1, resolving effect: Double,
  _ what: String = "", sourceLocation: SourceLocation = #_sourceLocation
) {
  let (deviations, least) = Chance.unevenness(counts, freedom: freedom, scale: scale)
  #expect(
    least <= effect, "\(what): the least effect noticed is \(least), not \(effect): too few draws",
    sourceLocation: sourceLocation)
  #expect(
    deviations < Chance.bound,
    "\(what): \(deviations) standard deviations above what chance makes of even counts",
    sourceLocation: sourceLocation)
}
