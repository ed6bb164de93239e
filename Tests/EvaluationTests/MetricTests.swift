// Metrics, and the interval of those that have none of their own.
import RetortTestSupport
import Testing

@testable import RetortEvaluation

@Suite("Metrics")
struct MetricTests {
  static let answers = Answers(
    predictions: [0, 1, 1, 0, 2, 2, 1, 0], labels: [0, 1, 0, 0, 2, 1, 1, 2])

  @Test("every metric has a name, a title and a sentence of its own")
  func names() {
    let metrics = Metrics.all
    #expect(Set(metrics.map { $0.name }).count == metrics.count)
    #expect(Set(metrics.map { $0.title }).count == metrics.count)
    for metric in metrics {
      #expect(metric.about.hasSuffix("."))
      #expect(Metrics.named(metric.name)?.name == metric.name)
    }
    #expect(Metrics.named("none") == nil)
  }

  @Test("accuracy is the share of right answers, with Wilson's interval")
  func accuracy() {
    #expect(Accuracy.value(of: Self.answers) == 5.0 / 8)
    let wilson = WilsonInterval(correct: 5, count: 8)
    #expect(
      Accuracy.interval(of: Self.answers) == ConfidenceInterval(low: wilson.low, high: wilson.high))
  }

  @Test("not-a-number is worse than every number")
  func notANumber() {
    #expect(Accuracy.isBetter(0, than: .nan))
    #expect(!Accuracy.isBetter(.nan, than: 0))
    #expect(!Accuracy.isBetter(.nan, than: .nan))
    #expect(Accuracy.isBetter(0.5, than: 0.4) && !Accuracy.isBetter(0.4, than: 0.4))
  }

  /// 788 of 872, as an accuracy may be.
  private static let many = Answers(
    predictions: (0..<872).map { $0 < 788 ? 0 : 1 }, labels: [Int](repeating: 0, count: 872))

  // A resampled share has the binomial distribution. Python 3, with p = 788 / 872:
  //   sum(exp(lgamma(873) - lgamma(i+1) - lgamma(873-i) + i*log(p) + (872-i)*log(1-p)) for i in range(k + 1))
  // first reaches 0.025 at k = 771 and 0.975 at k = 805.
  @Test("resampling a share gives the binomial distribution's quantiles")
  func resampling() {
    let interval = ConfidenceInterval(resampling: Self.many.count, Accuracy.resampled(Self.many))
    // An end is an order statistic of 2,000 draws. Its standard error is sqrt(0.025 · 0.975 / 2000) / density,
    // 0.00061 here.
    #expect(abs(interval.low - 771.0 / 872) < 5 * 0.00061)
    #expect(abs(interval.high - 805.0 / 872) < 5 * 0.00061)
    #expect(
      interval == ConfidenceInterval(resampling: Self.many.count, Accuracy.resampled(Self.many)))
  }

  @Test("a lower level is a shorter interval; samples without a value do not count")
  func levels() {
    let wide = ConfidenceInterval(resampling: Self.many.count, Accuracy.resampled(Self.many))
    let narrow = ConfidenceInterval(
      resampling: Self.many.count, level: 0.5, Accuracy.resampled(Self.many))
    #expect(wide.low < narrow.low && narrow.low < narrow.high && narrow.high < wide.high)
    var calls = 0
    let value = Accuracy.resampled(Self.answers)
    let half = ConfidenceInterval(resampling: Self.answers.count) { drawn in
      calls += 1
      return calls.isMultiple(of: 2) ? .nan : value(drawn)
    }
    #expect(half.low >= 0 && half.high <= 1 && half.low < half.high)
    let none = ConfidenceInterval(resampling: Self.answers.count) { _ in .nan }
    #expect(none.low.isNaN && none.high.isNaN)
  }
}
