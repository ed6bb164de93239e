// Metrics of a stage that is found in the cache.
import RetortEvaluation
import RetortRecords
import RetortText

extension StageRecord {
  /// The record with the metrics that are asked for, as a run of the stage would have written them. A stage's digest does
  /// not tell them: one that another definition has computed may lack some, which follow from its answers.
  /// - Parameters:
  ///   - metrics: of each evaluation.
  ///   - dev: what it was evaluated on; nil for a stage that is not.
  func evaluated(
    by metrics: [any Metric.Type], on dev: @autoclosure () throws -> LabelledSentences?
  ) rethrows -> StageRecord {
    let asked = metrics.filter { $0.name != Accuracy.name }
    guard stage.epochs.contains(where: { ($0.metrics?.names ?? []) != asked.map { $0.name } })
    else { return self }
    let dev = asked.isEmpty ? nil : try dev()
    var record = self
    for (index, epoch) in stage.epochs.enumerated() {
      let evaluation = stage.evaluation(ofRow: epoch.number)
      let values = asked.compactMap { metric in
        (epoch.metrics?[metric.name] ?? evaluation?.value(of: metric, on: dev)).map {
          (metric.name, $0)
        }
      }
      record.stage.epochs[index].metrics = values.isEmpty ? nil : NamedValues(values)
    }
    return record
  }
}

extension RunRecord.Evaluation {
  /// A metric of its answers. Numbers are known to the six digits that a record keeps.
  fileprivate func value(of metric: any Metric.Type, on dev: LabelledSentences?) -> Double? {
    if let metric = metric as? any ClassMetric.Type, let labels = dev?.labels,
      let predictions = predictions?.labels
    {
      return metric.value(of: Answers(predictions: predictions, labels: labels.map { Int($0) }))
    }
    if let metric = metric as? any NumberMetric.Type, let numbers = dev?.numbers, let logits {
      return metric.value(
        of: Answers(predictions: logits.map { Double($0) }, labels: numbers.map { Double($0) }))
    }
    return nil
  }
}
