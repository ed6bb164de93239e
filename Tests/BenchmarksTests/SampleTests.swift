// Medians and quantiles of timings.
import Testing

@testable import RetortBenchmarks

@Suite struct SampleTests {
  @Test func medianOfOddAndEvenNumbers() {
    #expect(Sample([3, 1, 2]).median == 2)
    #expect(Sample([4, 1, 2, 3]).median == 2.5)
    #expect(Sample([]).median.isNaN)
  }

  @Test("a quantile is a value that was measured, the smallest that the share does not exceed")
  func quantiles() {
    let sample = Sample((1...20).reversed().map(Double.init))
    #expect(sample.quantile(0.95) == 19)
    #expect(sample.quantile(0.96) == 20)
    #expect(sample.quantile(0) == 1)
    #expect(sample.quantile(1) == 20)
    #expect(sample.mean == 10.5)
  }
}
