// A figure of merit of a classifier.

/// Says how good a classifier's answers are. A new metric is a file in `Metrics/` and a line in `Metrics`.
public protocol Metric: Sendable {
  /// What definitions, logs and records call it: the name that Hugging Face's `evaluate` or scikit-learn gives it.
  static var name: String { get }
  /// The head of a column.
  static var title: String { get }
  /// What it is, in a sentence, for the reference of definitions.
  static var about: String { get }
  /// Of its arithmetic. Raise it when the same numbers give another result: finished stages in the cache are then not taken
  /// for those of the new one. 1 is not written into digests.
  static var version: Int { get }
  /// Whether more is better.
  static var higherIsBetter: Bool { get }
  /// - Parameter answers: at least one.
  static func value(of answers: Answers) -> Double
  /// The interval of the value, at 95 %, over the choice of examples.
  /// - Parameter answers: at least one.
  static func interval(of answers: Answers) -> ConfidenceInterval
}

extension Metric {
  public static var version: Int { 1 }
  public static var higherIsBetter: Bool { true }

  /// The percentile bootstrap's, for a metric that has no interval of its own.
  public static func interval(of answers: Answers) -> ConfidenceInterval {
    ConfidenceInterval(resampling: answers, value)
  }

  /// Whether `a` is the better of two values; not-a-number is worse than every number.
  public static func isBetter(_ a: Double, than b: Double) -> Bool {
    if b.isNaN { return !a.isNaN }
    return higherIsBetter ? a > b : a < b
  }
}

/// What a classifier said and what is right, example by example.
public struct Answers: Sendable, Equatable {
  /// [examples], classes counted from 0.
  public var predictions: [Int]
  /// [examples], classes counted from 0.
  public var labels: [Int]

  public init(predictions: [Int], labels: [Int]) {
    precondition(
      predictions.count == labels.count && !labels.isEmpty,
      "\(predictions.count) predictions, \(labels.count) labels")
    (self.predictions, self.labels) = (predictions, labels)
  }

  public var count: Int { labels.count }
  public var correct: Int { zip(predictions, labels).count { $0 == $1 } }
}

/// A metric and its value.
public struct MetricValue: Sendable, Equatable {
  /// The metric's.
  public var name: String
  public var value: Double

  public init(name: String, value: Double) { (self.name, self.value) = (name, value) }
}
