// Intervals and tests against exactly computed values.

import Testing

@testable import Reporting

@Suite("Statistics")
struct StatisticsTests {
  // Python 3, double precision:
  //   z = 1.959963984540054
  //   p = k/n; d = 1+z*z/n; c = (p+z*z/(2*n))/d; h = z/d*sqrt(p*(1-p)/n+z*z/(4*n*n)); c-h, c+h
  // (statsmodels' proportion_confint(k, n, method="wilson") uses the same formula.)
  @Test(
    "Wilson interval",
    arguments: [
      (788, 872, 0.8822793052075351, 0.9215191367478437),
      (791, 872, 0.8860174925610637, 0.924631504297344),
      (0, 10, 0.0, 0.2775327998628892),
      (10, 10, 0.7224672001371107, 0.9999999999999999),
      (5, 10, 0.236593090512564, 0.7634069094874361),
      (1, 3, 0.06149194472039615, 0.7923403991979523),
    ])
  func wilson(correct: Int, count: Int, low: Double, high: Double) {
    let interval = WilsonInterval(correct: correct, count: count)
    #expect(abs(interval.low - low) < 1e-14)
    #expect(abs(interval.high - high) < 1e-14)
  }

  // Exact: n = b+c; min(1, 2*sum(Fraction(comb(n,k), 2**n) for k in range(min(b,c)+1)))
  @Test(
    "McNemar's exact test",
    arguments: [
      (0, 0, 1.0),
      (0, 5, 0.0625),
      (1, 5, 0.21875),
      (3, 10, 0.09228515625),
      (10, 3, 0.09228515625),
      (25, 44, 0.029493493531317288),
      (7, 7, 1.0),
      (0, 1, 1.0),
      (700, 500, 8.535366081034334e-09),
      (1000, 1100, 0.030720707864242296),
    ])
  func mcNemar(onlyFirst: Int, onlySecond: Int, p: Double) {
    let test = McNemarTest(onlyFirst: onlyFirst, onlySecond: onlySecond)
    // Logarithms of up to 1.4e4, each to 1e-16 of itself: some 1e-11 after exponentiation.
    #expect(abs(test.p - p) <= 1e-10 * p)
  }

  @Test("McNemar counts the examples that one model alone gets right")
  func discordant() {
    let test = McNemarTest(
      labels: [1, 1, 0, 0, 1, 0], first: [1, 1, 0, 1, 0, 0], second: [1, 0, 1, 1, 1, 1])
    #expect(test.onlyFirst == 3)
    #expect(test.onlySecond == 1)
    #expect(abs(test.p - 0.625) < 1e-14)
  }

  @Test("median of odd, even and single counts")
  func median() {
    #expect(MedianRange([0.9048, 0.9071, 0.9037])?.text() == "0.9048 (0.9037-0.9071)")
    #expect(MedianRange([1, 4, 2, 3])?.median == 2.5)
    #expect(MedianRange([0.25])?.text(digits: 2) == "0.25")
    #expect(MedianRange([]) == nil)
    #expect(MedianRange([1, .nan])?.median.isNaN == true)
  }

  @Test("numbers as text")
  func text() {
    #expect((-0.00001).fixed(4) == "0.0000")
    #expect((-0.5).fixed(1) == "-0.5")
    #expect(0.90366972.fixed(4) == "0.9037")
    #expect(1_234_567.grouped == "1,234,567")
    #expect((-999).grouped == "-999")
    #expect(1_000.grouped == "1,000")
    #expect(39_600.0.durationText == "11 h 0 min")
    #expect(320.4.durationText == "5 min 20 s")
    #expect(2_400.0.durationText == "40 min")
    #expect(3_599.7.durationText == "1 h 0 min")
    #expect(0.4137.durationText == "0.41 s")
    #expect(720_371_712.memoryText == "687 MiB")
  }
}
