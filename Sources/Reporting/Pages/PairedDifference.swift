// The difference between two models, run by run with the same seeds and example by example.
import RetortEvaluation
import RetortRecords

struct PairedDifference {
  /// One per pair of runs; none but for accuracy, where an example is right or wrong.
  let tests: [McNemarTest]
  /// Of the metric, in hundredths, one per pair of runs.
  let points: [Double]
  /// Of the mean over the pairs, over the examples.
  let interval: ConfidenceInterval

  /// Nil where no run of one can be compared with a run of the other.
  /// - Parameter metric: nil for what the models are compared by.
  init?(_ first: MeasuredModel, _ second: MeasuredModel, in metric: ShownMetric? = nil) {
    let pairs = first.measurements.compactMap { own in
      second.measurements.first { $0.seedText == own.seedText }.map { (first: own, second: $0) }
    }
    let metric = metric ?? first.metric
    if metric.isAccuracy {
      self.init(accuraciesOf: pairs)
    } else if let (differences, interval) = metric.differences(pairs) {
      self.init(tests: [], points: differences.map { 100 * $0 }, interval: interval)
    } else {
      return nil
    }
  }

  private init(tests: [McNemarTest], points: [Double], interval: ConfidenceInterval) {
    (self.tests, self.points, self.interval) = (tests, points, interval)
  }

  private init?(
    accuraciesOf pairs: [(first: MeasuredModel.Measurement, second: MeasuredModel.Measurement)]
  ) {
    var tests: [McNemarTest] = []
    var points: [Double] = []
    var labels: [Int]?
    var sums: [Int] = []
    for (own, other) in pairs {
      guard let right = own.labels, right == other.labels, labels == nil || labels == right,
        let a = own.evaluation.predictions?.labels, let b = other.evaluation.predictions?.labels,
        a.count == right.count, b.count == right.count, let accuracy = own.evaluation.accuracy,
        let otherAccuracy = other.evaluation.accuracy
      else { continue }
      if labels == nil { sums = [Int](repeating: 0, count: right.count) }
      labels = right
      tests.append(McNemarTest(labels: right, first: a, second: b))
      points.append(100 * (accuracy - otherAccuracy))
      for index in right.indices {
        sums[index] += (a[index] == right[index] ? 1 : 0) - (b[index] == right[index] ? 1 : 0)
      }
    }
    guard let bootstrap = PairedBootstrap(differences: sums, scale: max(tests.count, 1)) else {
      return nil
    }
    self.init(
      tests: tests, points: points,
      interval: ConfidenceInterval(low: bootstrap.low, high: bootstrap.high))
  }

  /// The median over the pairs, with the lowest and the highest of several.
  var text: String {
    guard let range = MedianRange(points) else { return "-" }
    let median = range.median.signed(2)
    return range.count == 1
      ? median : "\(median) (\(range.minimum.signed(2)) to \(range.maximum.signed(2)))"
  }

  var intervalText: String {
    "\((100 * interval.low).signed(2)) to \((100 * interval.high).signed(2))"
  }

  var onlyFirst: Int { tests.reduce(0) { $0 + $1.onlyFirst } }
  var onlySecond: Int { tests.reduce(0) { $0 + $1.onlySecond } }

  /// One p a pair; of many the lowest and the highest.
  var pText: String {
    guard tests.count > 5, let range = MedianRange(tests.map(\.p)) else {
      return tests.map(\.text).joined(separator: ", ")
    }
    return "\(range.minimum.significant(2)) to \(range.maximum.significant(2))"
  }

  // MARK: Columns

  /// Those of `cells`.
  /// - Parameters:
  ///   - other: what the rows are compared with.
  ///   - short: the same in the head of a narrow column.
  static func columns(
    to other: String, called short: String = "other", in metric: ShownMetric
  ) -> [MarkdownTable.Column] {
    let difference: [MarkdownTable.Column] = [
      .init("Difference to \(other)"), .init("95 % interval of it"),
    ]
    guard metric.isAccuracy else { return difference }
    return difference + [
      .init("Only this right"), .init("Only the \(short) right"), .init("McNemar p"),
    ]
  }

  /// The cells of a table's last columns, beginning with the difference itself.
  static func cells(_ difference: PairedDifference?, in metric: ShownMetric) -> [String] {
    guard let difference else {
      return [String](repeating: "-", count: metric.isAccuracy ? 5 : 2)
    }
    let cells = [difference.text, difference.intervalText]
    guard metric.isAccuracy else { return cells }
    return cells + ["\(difference.onlyFirst)", "\(difference.onlySecond)", difference.pText]
  }

  /// What the columns mean, for the text under a table.
  /// - Parameter other: what the rows are compared with.
  static func rule(against other: String, in metric: ShownMetric = .accuracy) -> String {
    guard metric.isAccuracy else {
      return """
        Differences are in hundredths, of runs with the same seeds to \(other). Their interval is that of the paired \
        bootstrap over the examples at 95 %, of 2,000 samples; of several runs it is the interval of the mean \
        difference. It speaks of other examples, not of other seeds. Where it holds 0, these examples establish no \
        difference.
        """
    }
    return """
      Differences are in percentage points, of runs with the same seeds to \(other). Their interval is \
      that of the paired bootstrap over the examples at 95 %, computed exactly and not by random draws; of \
      several runs it is the interval of the mean difference, and the examples that only one had right \
      are counted over all of them. It speaks of other sentences, not of other seeds. McNemar's exact \
      test, two-sided, one p for each pair of runs, not corrected for the number of rows. Where the \
      interval holds 0, these examples establish no difference.
      """
  }
}

extension Double {
  /// With its sign: `+0.34`, `-1.20`, `0.00`.
  func signed(_ digits: Int) -> String {
    let text = fixed(digits)
    return self > 0 && text.contains { !"0.".contains($0) } ? "+\(text)" : text
  }
}
