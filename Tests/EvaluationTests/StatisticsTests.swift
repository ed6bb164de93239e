// Intervals and tests against exactly computed values.

import Testing

@testable import RetortEvaluation

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

  // Python 3: the same convolution over a dictionary of sums, probabilities below 1e-22 left out.
  @Test(
    "paired bootstrap of single runs",
    arguments: [
      (25, 44, 872, -0.021788990825688075, -0.040137614678899085, -0.0034403669724770644),
      (0, 8, 872, -0.009174311926605505, -0.016055045871559634, -0.0034403669724770644),
      (40, 0, 872, 0.045871559633027525, 0.03211009174311927, 0.06077981651376147),
      (3, 2, 10, 0.1, -0.3, 0.5),
      (0, 0, 5, 0, 0, 0),
    ])
  func bootstrap(
    onlyFirst: Int, onlySecond: Int, count: Int, mean: Double, low: Double, high: Double
  ) throws {
    var differences = [Int](repeating: 0, count: count)
    for index in 0..<onlyFirst { differences[index] = 1 }
    for index in onlyFirst..<(onlyFirst + onlySecond) { differences[index] = -1 }
    let interval = try #require(PairedBootstrap(differences: differences))
    for (found, expected) in [(interval.mean, mean), (interval.low, low), (interval.high, high)] {
      #expect(abs(found - expected) < 1e-15)
    }
  }

  @Test("paired bootstrap of three runs together")
  func bootstrapOfSeveral() throws {
    let counts = [3: 5, 2: 10, 1: 30, 0: 780, -1: 27, -2: 12, -3: 8]
    let differences = counts.flatMap { [Int](repeating: $0.key, count: $0.value) }
    let interval = try #require(PairedBootstrap(differences: differences, scale: 3))
    #expect(abs(interval.mean - -0.0038226299694189606) < 1e-15)
    #expect(abs(interval.low - -0.016055045871559634) < 1e-15)
    #expect(abs(interval.high - 0.008409785932721714) < 1e-15)
    #expect(PairedBootstrap(differences: []) == nil)
  }

  @Test("the interval of a difference in any metric is near the exact one where that is known")
  func differenceOfMetrics() throws {
    // The same mistakes of one model in both pairs; the others' are its own and more.
    let labels = (0..<200).map { $0 % 2 }
    func answers(wrong: [Int]) -> Answers<Int> {
      var predictions = labels
      for place in wrong { predictions[place] = 1 - predictions[place] }
      return Answers(predictions: predictions, labels: labels)
    }
    let first = answers(wrong: Array(0..<20))
    let others = [answers(wrong: Array(10..<50)), answers(wrong: Array(60..<110))]
    let interval = ConfidenceInterval(
      resampling: labels.count,
      differences: others.map { (Accuracy.resampled(first), Accuracy.resampled($0)) })
    func right(_ answers: Answers<Int>, _ place: Int) -> Int {
      answers.predictions[place] == labels[place] ? 1 : 0
    }
    let differences = labels.indices.map { place in
      others.reduce(0) { $0 + right(first, place) - right($1, place) }
    }
    let exact = try #require(PairedBootstrap(differences: differences, scale: 2))
    #expect(abs(interval.low - exact.low) < 0.01 && abs(interval.high - exact.high) < 0.01)
    #expect(interval.low > 0.05 && interval.high < 0.2)
  }

  @Test("Spearman's interval is that of ranks that are sorted again in each sample")
  func rankInterval() {
    let labels = (0..<60).map { Double(($0 * 7) % 11) / 2 }
    let predictions = labels.enumerated().map { $1 + Double(($0 * 13) % 5) - 2 }
    let answers = Answers(predictions: predictions, labels: labels)
    let interval = SpearmanCorrelation.interval(of: answers)
    #expect(
      interval
        == ConfidenceInterval(
          resampling: answers.count, answers.resampled(SpearmanCorrelation.value)))
    #expect(interval.low < SpearmanCorrelation.value(of: answers))
    let unknown = Answers(predictions: [1, .nan, 2], labels: [1, 2, 3])
    #expect(SpearmanCorrelation.interval(of: unknown).low.isNaN)
  }

  @Test("the bootstrap is that over all resamples", arguments: [0.1, 0.5, 0.8, 0.95])
  func bootstrapByEnumeration(level: Double) throws {
    let differences = [2, 0, -1, 1]
    var sums: [Int] = []
    for a in differences {
      for b in differences {
        for c in differences {
          for d in differences { sums.append(a + b + c + d) }
        }
      }
    }
    sums.sort()
    func quantile(_ probability: Double) -> Double {
      // The least sum that at least so many of the 256 do not exceed.
      Double(sums[Int((probability * 256).rounded(.up)) - 1]) / 4
    }
    let interval = try #require(PairedBootstrap(differences: differences, level: level))
    #expect(interval.low == quantile((1 - level) / 2))
    #expect(interval.high == quantile((1 + level) / 2))
  }

  @Test func longComputationsCanBeStopped() {
    let values = RankedValues(finite: [3, 1, 2])
    var asked = 0
    #expect(throws: SimilarityRanks.Stopped(done: 1, total: 3)) {
      try SimilarityRanks(of: SentencePairs(allOf: 3)).correlation(of: values, with: values) {
        asked += 1
        return asked == 2
      }
    }
    #expect(throws: LogisticRegression.Failure.stopped(iterations: 0, most: 5_000)) {
      try LogisticRegression(
        features: [1, 2], columns: 1, labels: [0, 1], classCount: 2, inversePenalty: 1,
        stopIsRequested: { true })
    }
  }
}
