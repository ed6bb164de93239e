// A figure of merit of a model.

/// Says how good a model's answers are. A new metric is a file in `Metrics/`, which is a `ClassMetric` or a `NumberMetric`,
/// and a line in `Metrics`.
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
  /// All values that it can have.
  static var range: ClosedRange<Double> { get }
  /// Whether more is better.
  static var higherIsBetter: Bool { get }
}

/// A metric of answers that are classes.
public protocol ClassMetric: Metric {
  /// How many classes it needs; nil for any number.
  static var classCount: Int? { get }
  /// - Parameter answers: at least one, classes counted from 0.
  static func value(of answers: Answers<Int>) -> Double
  /// The interval of the value, at 95 %, over the choice of examples.
  /// - Parameter answers: at least one.
  static func interval(of answers: Answers<Int>) -> ConfidenceInterval
  /// The value of samples of the answers, each given by the numbers of its examples, any of them as often as it likes.
  static func resampled(_ answers: Answers<Int>) -> ([Int]) -> Double
}

/// A metric of answers that are numbers.
public protocol NumberMetric: Metric {
  /// - Parameter answers: at least one.
  /// - Returns: not a number where the metric says nothing of such answers.
  static func value(of answers: Answers<Double>) -> Double
  /// The interval of the value, at 95 %, over the choice of examples.
  /// - Parameter answers: at least one.
  static func interval(of answers: Answers<Double>) -> ConfidenceInterval
  /// The value of samples of the answers, each given by the numbers of its examples, any of them as often as it likes.
  static func resampled(_ answers: Answers<Double>) -> ([Int]) -> Double
}

extension Metric {
  public static var version: Int { 1 }
  public static var range: ClosedRange<Double> { 0...1 }
  public static var higherIsBetter: Bool { true }

  /// Whether `a` is the better of two values; not-a-number is worse than every number.
  public static func isBetter(_ a: Double, than b: Double) -> Bool {
    if b.isNaN { return !a.isNaN }
    return higherIsBetter ? a > b : a < b
  }
}

extension ClassMetric {
  public static var classCount: Int? { nil }

  /// The percentile bootstrap's, for a metric that has no interval of its own.
  public static func interval(of answers: Answers<Int>) -> ConfidenceInterval {
    ConfidenceInterval(resampling: answers.count, resampled(answers))
  }

  public static func resampled(_ answers: Answers<Int>) -> ([Int]) -> Double {
    answers.resampled(value)
  }

  /// Why it cannot be had of so many classes; nil if it can.
  public static func problem(withClasses count: Int) -> String? {
    guard let classCount, classCount != count else { return nil }
    return "\(name) needs \(classCount) classes; the task has \(count)"
  }
}

extension NumberMetric {
  /// The percentile bootstrap's, for a metric that has no interval of its own.
  public static func interval(of answers: Answers<Double>) -> ConfidenceInterval {
    ConfidenceInterval(resampling: answers.count, resampled(answers))
  }

  public static func resampled(_ answers: Answers<Double>) -> ([Int]) -> Double {
    answers.resampled(value)
  }
}

/// What a model said and what is right, example by example: classes counted from 0, or numbers.
public struct Answers<Value: Sendable & Hashable>: Sendable, Hashable {
  /// [examples]
  public var predictions: [Value]
  /// [examples]
  public var labels: [Value]

  public init(predictions: [Value], labels: [Value]) {
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
