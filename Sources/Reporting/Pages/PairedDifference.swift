// The difference between two models' accuracies, run by run with the same seeds and example by example.
import RetortEvaluation
import RetortRecords

struct PairedDifference {
  /// One per pair of runs.
  let tests: [McNemarTest]
  /// Of accuracies, in percentage points.
  let points: [Double]
  /// Of the mean over the pairs, over the examples.
  let bootstrap: PairedBootstrap

  /// Nil where no run of one can be compared with a run of the other, and of a regression.
  init?(_ first: MeasuredModel, _ second: MeasuredModel) {
    var tests: [McNemarTest] = []
    var points: [Double] = []
    var labels: [Int]?
    var sums: [Int] = []
    for own in first.measurements {
      guard let other = second.measurements.first(where: { $0.seedText == own.seedText }),
        let right = own.labels, right == other.labels, labels == nil || labels == right,
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
    self.tests = tests
    self.points = points
    self.bootstrap = bootstrap
  }

  /// The median over the pairs, with the lowest and the highest of several.
  var text: String {
    guard let range = MedianRange(points) else { return "-" }
    let median = range.median.signed(2)
    return range.count == 1
      ? median : "\(median) (\(range.minimum.signed(2)) to \(range.maximum.signed(2)))"
  }

  var intervalText: String {
    "\((100 * bootstrap.low).signed(2)) to \((100 * bootstrap.high).signed(2))"
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

  /// The cells of a table's last columns, beginning with the difference itself.
  var cells: [String] { [text, intervalText, "\(onlyFirst)", "\(onlySecond)", pText] }
  static let noCells = [String](repeating: "-", count: 5)

  /// What the columns mean, for the text under a table.
  /// - Parameter other: what the rows are compared with.
  static func rule(against other: String) -> String {
    """
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
