// A metric, as pages show it.
import RetortEvaluation
import RetortRecords

struct ShownMetric {
  /// As records call it.
  var name: String
  /// Nil for a metric that this version of the program does not know.
  private var metric: (any Metric.Type)?

  static let accuracy = ShownMetric(name: Accuracy.name, metric: Accuracy.self)

  /// What models are compared by: accuracy, or of a regression the first metric that its epochs have.
  static func leading(in epochs: [RunRecord.Epoch]) -> ShownMetric {
    guard let first = epochs.first, first.correct == nil else { return .accuracy }
    return all(in: epochs).first ?? .accuracy
  }

  var isAccuracy: Bool { name == Accuracy.name }

  /// Nil where the epoch does not have it.
  func value(of epoch: RunRecord.Epoch) -> Double? {
    isAccuracy ? epoch.accuracy : epoch.metrics?[name]
  }

  /// Those besides accuracy that the epochs have, in the order in which they first occur.
  static func all(in epochs: [RunRecord.Epoch]) -> [ShownMetric] {
    var names: [String] = []
    for name in epochs.flatMap({ $0.metrics?.names ?? [] }) where !names.contains(name) {
      names.append(name)
    }
    return names.map { ShownMetric(name: $0, metric: Metrics.named($0)) }
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
    let set = record.dataSet(evaluation.data)
    let interval: ConfidenceInterval
    if let metric = metric as? any ClassMetric.Type, let labels = set?.labels?.labels,
      let predictions = evaluation.predictions?.labels, labels.count == predictions.count,
      !labels.isEmpty
    {
      interval = metric.interval(of: Answers(predictions: predictions, labels: labels))
    } else if let metric = metric as? any NumberMetric.Type, let labels = set?.numbers,
      let predictions = evaluation.logits, labels.count == predictions.count, !labels.isEmpty
    {
      interval = metric.interval(
        of: Answers(
          predictions: predictions.map { Double($0) }, labels: labels.map { Double($0) }))
    } else {
      return nil
    }
    // A hyphen between would look like a sign.
    let between = interval.low < 0 ? " to " : "-"
    return interval.low.fixed(4) + between + interval.high.fixed(4)
  }

  /// The same as a cell: `-` where there is none. Wilson's of accuracy needs no labels.
  func intervalText(_ evaluation: RunRecord.Evaluation, in record: RunRecord) -> String {
    if isAccuracy, let correct = evaluation.correct {
      return WilsonInterval.text(correct: correct, count: evaluation.count)
    }
    return interval(evaluation, in: record) ?? "-"
  }

  /// What its intervals are, for the text under a table.
  var intervalWords: String { isAccuracy ? "Wilson's" : "the bootstrap's" }
}
