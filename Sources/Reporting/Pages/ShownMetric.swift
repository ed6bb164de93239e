// A metric besides accuracy, as pages show it.
import RetortEvaluation
import RetortRecords

struct ShownMetric {
  /// As records call it.
  var name: String
  /// Nil for a metric that this version of the program does not know.
  private var metric: (any Metric.Type)?

  /// Those that the epochs have, in the order in which they first occur.
  static func all(in epochs: [RunRecord.Epoch]) -> [ShownMetric] {
    var names: [String] = []
    for name in epochs.flatMap({ $0.metrics?.names ?? [] }) where !names.contains(name) {
      names.append(name)
    }
    return names.map { ShownMetric(name: $0, metric: Metrics.named($0)) }
  }

  /// The head of its column.
  var title: String { metric?.title ?? name }

  /// The first of the epochs with the best value; nil for an unknown metric, of which more may be worse.
  func bestEpoch(of epochs: [RunRecord.Epoch]) -> Int? {
    guard let metric else { return nil }
    var best: (epoch: Int, value: Double)?
    for epoch in epochs {
      guard let value = epoch.metrics?[name] else { continue }
      if best.map({ metric.isBetter(value, than: $0.value) }) ?? true {
        best = (epoch.epoch, value)
      }
    }
    return best?.epoch
  }

  /// Of a kept model's answers; nil where the metric is unknown or the labels are not in the record.
  func interval(_ evaluation: RunRecord.Evaluation, in record: RunRecord) -> String? {
    guard let metric = metric as? any ClassMetric.Type,
      let labels = record.dataSet(evaluation.data)?.labels?.labels,
      labels.count == evaluation.count, !labels.isEmpty
    else { return nil }
    let interval = metric.interval(
      of: Answers(predictions: evaluation.predictions.labels, labels: labels))
    return "\(interval.low.fixed(4))-\(interval.high.fixed(4))"
  }
}
