// First values in the long run: normal with the deviation asked for, and nothing alike.
import Foundation
import RetortLayers
import RetortTestSupport
import Testing

@Suite("Initialisation in the long run")
struct InitializationStatisticsTests {
  private static let count = 1_000_000

  private func values(
    _ kind: ParameterKind, path: String = "encoder.layers.0.weight", seed: UInt64 = 7,
    deviation: Double
  ) -> [Double] {
    let parameter = Parameter(path: path, kind: kind, shape: [1000, 1000])
    parameter.initializeByKind(standardDeviation: deviation, seed: seed)
    return parameter.values.map { Double($0) }
  }

  /// A million values of each kind that is drawn, in units of the deviation asked for. Noticed: a mean of
  /// 0.0081, a deviation 0.6 % off, a skewness of 0.02, a kurtosis of 3.04 (a uniform distribution has 1.8,
  /// a normal one cut at ±3 has 2.84), 3.8 % more or fewer values beyond two deviations, 16 % beyond three.
  @Test(
    "Weights and embeddings: mean, deviation, skewness, kurtosis and tails are the normal ones'",
    arguments: [ParameterKind.weight, .embedding], [0.02, 0.5])
  func moments(kind: ParameterKind, deviation: Double) {
    let values = values(kind, deviation: deviation).map { $0 / deviation }
    let n = Double(Self.count)
    func moment(_ power: Int) -> Double {
      values.reduce(0) { $0 + pow($1, Double(power)) } / n
    }
    let variance = moment(2)
    expectByChance(
      moment(1), expected: 0, standardError: 1 / n.squareRoot(), resolving: 0.0081, "mean")
    expectByChance(
      variance.squareRoot(), expected: 1, standardError: 1 / (2 * n).squareRoot(),
      resolving: 0.006, "deviation")
    expectByChance(
      moment(3) / pow(variance, 1.5), expected: 0, standardError: (6 / n).squareRoot(),
      resolving: 0.02, "skewness")
    expectByChance(
      moment(4) / (variance * variance), expected: 3, standardError: (24 / n).squareRoot(),
      resolving: 0.04, "kurtosis")
    for (limit, resolved) in [(1.0, 0.012), (2, 0.038), (3, 0.16)] {
      let probability = erfc(limit / 2.0.squareRoot())
      expectFrequency(
        values.count { abs($0) > limit }, of: Self.count, probability: probability,
        resolving: resolved * probability, "beyond \(limit)")
    }
  }

  /// Correlations of a million pairs, each with a standard error of 0.001: 0.0081 is noticed.
  @Test("Neighbours, rows, parameters and seeds are uncorrelated, in value and in square")
  func independence() {
    let values = values(.weight, deviation: 1)
    let pairs: [(String, [Double])] = [
      ("the next value", Array(values.dropFirst())), ("the one after", Array(values.dropFirst(2))),
      ("the next row", Array(values.dropFirst(1000))),
      ("the next layer", self.values(.weight, path: "encoder.layers.1.weight", deviation: 1)),
      ("its bias's name", self.values(.weight, path: "encoder.layers.0.bias", deviation: 1)),
      ("the next seed", self.values(.weight, seed: 8, deviation: 1)),
    ]
    for (what, others) in pairs {
      let n = Double(min(values.count, others.count))
      let product = zip(values, others).reduce(0) { $0 + $1.0 * $1.1 } / n
      // The squares have mean 1 and variance 2.
      let squares =
        zip(values, others).reduce(0) { $0 + ($1.0 * $1.0 - 1) * ($1.1 * $1.1 - 1) } / n / 2
      for (found, of) in [(product, "values"), (squares, "squares")] {
        expectByChance(
          found, expected: 0, standardError: 1 / n.squareRoot(), resolving: 0.0082,
          "\(of) with \(what)")
      }
    }
  }
}
