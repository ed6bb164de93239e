// Intervals of figures and of their paired differences.
import Foundation
import Testing

@testable import RetortEvaluation

@Suite("Figures with their intervals")
struct EstimateTests {
  // numpy: s = [3.0, 1.5, 4.0, 2.5]; n = [2, 1, 3, 2]; t = s.sum()/n.sum(); r = (s - t*n)/n.sum()
  // half = 1.959963984540054 * np.sqrt(4/3 * (r**2).sum())
  @Test("of clusters: a ratio, and its paired difference")
  func ratios() throws {
    let first = Estimate(sums: [3, 1.5, 4, 2.5], counts: [2, 1, 3, 2])
    #expect(first.value == 11.0 / 8)
    let interval = try #require(first.interval)
    #expect(abs(interval.low - 1.26317537) < 1e-6 && abs(interval.high - 1.48682463) < 1e-6)
    // Every cluster a little better by the same amount a word: the difference is sure.
    let second = Estimate(sums: [2.8, 1.4, 3.7, 2.3], counts: [2, 1, 3, 2])
    let difference = first.difference(from: second)
    #expect(abs(difference.value - 0.1) < 1e-12)
    let half = try #require(difference.interval)
    #expect(abs(half.high - half.low) < 1e-12)
    #expect(Estimate(sums: [1], counts: [2]).interval == nil)
  }

  @Test("a share of single examples has Wilson's interval; clusters that agree widen it")
  func shares() throws {
    let single = Estimate(
      sums: [1, 1, 1, 0, 1, 0, 1, 1], counts: [Double](repeating: 1, count: 8), isShare: true)
    let interval = try #require(single.interval)
    let wilson = WilsonInterval(correct: 6, count: 8)
    #expect(abs(interval.low - wilson.low) < 1e-12 && abs(interval.high - wilson.high) < 1e-12)
    let clustered = try #require(
      Estimate(sums: [4, 0, 4, 4], counts: [4, 4, 4, 4], isShare: true).interval)
    let ofFour = WilsonInterval(correct: 3, count: 4)
    #expect(abs(clustered.low - ofFour.low) < 1e-12)
    let sure = try #require(Estimate(sums: [2, 2], counts: [2, 2], isShare: true).interval)
    #expect(sure.high == 1 && abs(sure.low - WilsonInterval(correct: 4, count: 4).low) < 1e-12)
  }

  @Test("jackknife and bootstrap, alone and against another")
  func replicates() throws {
    // Of a mean the jackknife's variance is the usual one: that of [1, 2, 3, 6] is 14/3 / 4.
    let values = (0..<20).map { Double($0 * $0 % 7) }
    let sum = values.reduce(0, +)
    let leftOut = values.map { (sum - $0) / 19 }
    let mean = Estimate(value: sum / 20, jackknife: leftOut)
    let interval = try #require(mean.interval)
    let variance = values.reduce(0) { $0 + ($1 - sum / 20) * ($1 - sum / 20) } / 19 / 20
    // scipy.stats.t.ppf(0.975, 19)
    #expect(abs(interval.high - (sum / 20 + 2.0930240544082634 * variance.squareRoot())) < 1e-3)
    let difference = mean.difference(
      from: Estimate(value: sum / 20 - 1, jackknife: leftOut.map { $0 - 1 }))
    #expect(abs(difference.value - 1) < 1e-12 && abs((difference.interval?.high ?? 9) - 1) < 1e-9)
    // On Fisher's scale an interval ends before 1; of equal correlations it is a point.
    let near = Estimate(
      value: 0.91, jackknife: [0.85, 0.97, 0.9, 0.99, 0.8, 0.93], isCorrelation: true)
    let ends = try #require(near.interval)
    #expect(ends.low < 0.8 && ends.high < 1 && ends.high > 0.97)
    let whole = Estimate(value: 1, jackknife: [1, 1, 1], isCorrelation: true)
    let point = try #require(whole.interval)
    #expect(point.low > 1 - 1e-12 && point.high <= 1)
    #expect(
      Estimate(value: 0.5, jackknife: [0.4, 0.6], isCorrelation: true)
        .difference(from: Estimate(value: 0.5, jackknife: [0.4, 0.6], isCorrelation: true)).value
        == 0)
    // What was kept is read back; numbers that belong to no estimate are not.
    let kept = Estimate(sums: [1, 2], counts: [2, 3])
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let text = try encoder.encode(kept)
    #expect(try JSONDecoder().decode(Estimate.self, from: text) == kept)
    for (part, other) in [("[2,3]", "[2]"), ("ratio", "jackknife"), ("\"counts\":[2,3],", "")] {
      let spoiled = String(decoding: text, as: UTF8.self).replacing(part, with: other)
      #expect(throws: DecodingError.self) {
        try JSONDecoder().decode(Estimate.self, from: Data(spoiled.utf8))
      }
    }
    #expect(!kept.isPaired(with: Estimate(sums: [1], counts: [2])))
    // All words in one sentence say nothing of how sentences vary.
    #expect(Estimate(sums: [0, 7, 0], counts: [0, 1, 0]).interval == nil)
    let samples = ConfidenceInterval.samples(of: 20) { drawn in
      drawn.reduce(0) { $0 + Double($1) } / 20
    }
    #expect(samples.count == 2_000)
    let bootstrapped = Estimate(value: 9.5, bootstrap: samples)
    #expect(
      bootstrapped.interval
        == ConfidenceInterval(resampling: 20) { $0.reduce(0) { $0 + Double($1) } / 20 })
  }

  @Test("sums of many examples keep to a bounded number of clusters")
  func clusters() throws {
    var sums = ClusteredSums(exampleCount: 10_000)
    for example in 0..<10_000 { sums.add(Double(example % 7), over: 2, toExample: example) }
    let estimate = try #require(sums.estimate())
    #expect(estimate.parts.count == 3_334 && estimate.count == 20_000)
    #expect(ClusteredSums(exampleCount: 3).estimate() == nil)
  }
}
