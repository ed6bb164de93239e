// Metrics of a stage that is found in the cache.
import RetortEvaluation
import RetortRecords

extension StageRecord {
  /// The record with the metrics that are asked for, as a run of the stage would have written them. A stage's digest does
  /// not tell them: one that another definition has computed may lack some, which follow from its predictions.
  /// - Parameters:
  ///   - metrics: of each epoch.
  ///   - labels: the classes of the examples it was evaluated on.
  func evaluated(by metrics: [any ClassMetric.Type], labels: @autoclosure () throws -> [Int])
    rethrows -> StageRecord
  {
    let asked = metrics.filter { $0.name != Accuracy.name }
    guard stage.epochs.contains(where: { ($0.metrics?.names ?? []) != asked.map { $0.name } })
    else { return self }
    let labels = asked.isEmpty ? [] : try labels()
    var record = self
    for (index, epoch) in stage.epochs.enumerated() {
      guard let evaluation = stage.evaluations.first(where: { $0.epoch == epoch.epoch }) else {
        continue
      }
      let values = asked.map { metric in
        (
          metric.name,
          epoch.metrics?[metric.name]
            ?? metric.value(
              of: Answers(predictions: evaluation.predictions.labels, labels: labels))
        )
      }
      record.stage.epochs[index].metrics = values.isEmpty ? nil : NamedValues(values)
    }
    return record
  }
}
