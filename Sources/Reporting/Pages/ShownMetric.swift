// A metric, as pages show it.
import RetortEvaluation
import RetortFormatting
import RetortRecords

struct ShownMetric {
  /// As records call it.
  var name: String
  /// Nil for a metric that this version of the program does not know.
  private var metric: (any Metric.Type)?

  static let accuracy = ShownMetric(name: Accuracy.name, metric: Accuracy.self)

  /// Any but accuracy, for the heads of columns.
  static let other = ShownMetric(name: "", metric: nil)

  init(named name: String) { self.init(name: name, metric: Metrics.named(name)) }

  private init(name: String, metric: (any Metric.Type)?) {
    (self.name, self.metric) = (name, metric)
  }

  /// What models of the task are compared by: the first of its metrics. Where the record does not name them it is
  /// accuracy, or of a regression the first metric that the epochs have.
  static func leading(of stage: RunRecord.Stage, in record: RunRecord) -> ShownMetric {
    if let data = stage.evaluations.first?.data, let name = record.dataSet(data)?.metrics?.first {
      return ShownMetric(named: name)
    }
    guard let first = stage.epochs.first, first.correct == nil else { return .accuracy }
    return all(in: stage.epochs).first ?? .accuracy
  }

  /// The same of several runs of one stage.
  static func leading(of tunings: [ExperimentRuns.Tuning]) -> ShownMetric {
    tunings.first.map { leading(of: $0.stage, in: $0.record) } ?? .accuracy
  }

  var isAccuracy: Bool { name == Accuracy.name }

  /// Nil where the epoch does not have it.
  func value(of epoch: RunRecord.Epoch) -> Double? {
    isAccuracy ? epoch.accuracy : epoch.metrics?[name]
  }

  /// Those besides accuracy that the epochs have, in the order in which they first occur.
  static func all(in epochs: [RunRecord.Epoch]) -> [ShownMetric] {
    epochs.flatMap { $0.metrics?.names ?? [] }.firstOccurrences.map { ShownMetric(named: $0) }
  }

  /// The head of its column.
  var title: String { metric?.title ?? name }

  /// The number of the first row with the best value; nil for an unknown metric, of which more may be worse.
  func best(of epochs: [RunRecord.Epoch]) -> Int? {
    guard let metric else { return nil }
    var best: (number: Int, value: Double)?
    for epoch in epochs {
      guard let value = value(of: epoch) else { continue }
      if best.map({ metric.isBetter(value, than: $0.value) }) ?? true {
        best = (epoch.number, value)
      }
    }
    return best?.number
  }

  /// Of a kept model's answers; nil where the metric is unknown or the labels are not in the record.
  func interval(_ evaluation: RunRecord.Evaluation, in record: RunRecord) -> String? {
    bootstrapped(evaluation, in: record).map { interval in
      // A hyphen between would look like a sign.
      let between = interval.low < 0 ? " to " : "-"
      return interval.low.fixed(4) + between + interval.high.fixed(4)
    }
  }

  /// The same in numbers; Wilson's of accuracy needs no labels.
  func confidence(
    of evaluation: RunRecord.Evaluation, in record: RunRecord
  ) -> ConfidenceInterval? {
    guard isAccuracy, let correct = evaluation.correct, evaluation.count > 0 else {
      return bootstrapped(evaluation, in: record)
    }
    let wilson = WilsonInterval(correct: correct, count: evaluation.count)
    return ConfidenceInterval(low: wilson.low, high: wilson.high)
  }

  private func bootstrapped(
    _ evaluation: RunRecord.Evaluation, in record: RunRecord
  ) -> ConfidenceInterval? {
    if let metric = metric as? any ClassMetric.Type, let answers = evaluation.classes(in: record) {
      return KnownIntervals.interval(.init(metric: name, classes: [answers])) {
        metric.interval(of: answers)
      }
    } else if let metric = metric as? any NumberMetric.Type,
      let answers = evaluation.numbers(in: record)
    {
      return KnownIntervals.interval(.init(metric: name, numbers: [answers])) {
        metric.interval(of: answers)
      }
    }
    return nil
  }

  /// Of a kept model's answers; nil where the metric is unknown or the labels are not in the record.
  func value(of evaluation: RunRecord.Evaluation, in record: RunRecord) -> Double? {
    if isAccuracy { return evaluation.accuracy }
    if let metric = metric as? any ClassMetric.Type {
      return evaluation.classes(in: record).map { metric.value(of: $0) }
    }
    if let metric = metric as? any NumberMetric.Type {
      return evaluation.numbers(in: record).map { metric.value(of: $0) }
    }
    return nil
  }

  /// The metric of a model that always predicts the largest class; nil for a metric of numbers.
  func value(ofLargestClassAmong labels: [Int]) -> Double? {
    guard let metric = metric as? any ClassMetric.Type, !labels.isEmpty else { return nil }
    return metric.value(of: .always(theLargestOf: labels))
  }

  /// The first model's value minus the second's, for each pair, and the interval of their mean; nil if the metric
  /// cannot be computed.
  func differences(
    _ pairs: [(first: MeasuredModel.Measurement, second: MeasuredModel.Measurement)]
  ) -> (points: [Double], interval: ConfidenceInterval)? {
    func compared<Value>(
      _ answers: (MeasuredModel.Measurement) -> Answers<Value>?,
      _ key: ([Answers<Value>]) -> KnownIntervals.Key, _ value: (Answers<Value>) -> Double,
      _ resampled: (Answers<Value>) -> ([Int]) -> Double
    ) -> (points: [Double], interval: ConfidenceInterval)? {
      let known = pairs.compactMap { pair in
        answers(pair.first).flatMap { first in answers(pair.second).map { (first, $0) } }
      }
      guard let labels = known.first?.0.labels, known.count == pairs.count,
        known.allSatisfy({ $0.labels == labels && $1.labels == labels })
      else { return nil }
      return (
        known.map { value($0) - value($1) },
        KnownIntervals.interval(key(known.flatMap { [$0, $1] })) {
          ConfidenceInterval(
            resampling: labels.count, differences: known.map { (resampled($0), resampled($1)) })
        }
      )
    }
    if let metric = metric as? any ClassMetric.Type {
      return compared(
        { $0.evaluation.classes(in: $0.record) }, { .init(metric: name, classes: $0) },
        { metric.value(of: $0) }, { metric.resampled($0) })
    }
    if let metric = metric as? any NumberMetric.Type {
      return compared(
        { $0.evaluation.numbers(in: $0.record) }, { .init(metric: name, numbers: $0) },
        { metric.value(of: $0) }, { metric.resampled($0) })
    }
    return nil
  }

  /// The interval as a cell: `-` where there is none. Wilson's of accuracy needs no labels.
  func intervalText(_ evaluation: RunRecord.Evaluation, in record: RunRecord) -> String {
    if isAccuracy, let correct = evaluation.correct {
      return WilsonInterval.text(correct: correct, count: evaluation.count)
    }
    return interval(evaluation, in: record) ?? "-"
  }

  /// What its intervals are, for the text under a table.
  var intervalWords: String { isAccuracy ? "Wilson's" : "the bootstrap's" }
}

extension RunRecord.Evaluation {
  /// The predicted classes and the right ones; nil for a regression, and if the record has no labels.
  func classes(in record: RunRecord) -> Answers<Int>? {
    guard let labels = record.dataSet(data)?.labels?.labels, let found = predictions?.labels,
      labels.count == found.count, !labels.isEmpty
    else { return nil }
    return Answers(predictions: found, labels: labels)
  }

  /// The predicted numbers and the right ones; nil for a classification, and if the record has no labels.
  func numbers(in record: RunRecord) -> Answers<Double>? {
    guard let labels = record.dataSet(data)?.numbers, let found = logits,
      labels.count == found.count, !labels.isEmpty
    else { return nil }
    return Answers(predictions: found.map { Double($0) }, labels: labels.map { Double($0) })
  }
}
