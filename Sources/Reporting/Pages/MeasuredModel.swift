// A model's leading metric over repeated runs, and what sets it apart from another's.
import RetortEvaluation
import RetortFormatting
import RetortRecords

/// One model of one condition, in every run of it.
struct MeasuredModel {
  /// The weights that a fine-tuning kept, evaluated on the validation split.
  struct Measurement {
    var record: RunRecord
    var stage: RunRecord.Stage
    var evaluation: RunRecord.Evaluation

    /// Nil where it was not measured.
    func value(of metric: ShownMetric) -> Double? {
      if metric.isAccuracy { return evaluation.accuracy }
      return evaluation.isFurther
        ? metric.value(of: evaluation, in: record) : stage.keptEpoch.flatMap(metric.value)
    }

    /// What the task judges by.
    var leadingMetric: ShownMetric { .leading(of: stage, in: record) }

    var labels: [Int]? { record.dataSet(evaluation.data)?.labels?.labels }

    /// Whether all examples have the same answer, or the same number.
    var givesOneAnswer: Bool {
      if let labels = evaluation.predictions?.labels {
        return labels.count > 1 && Set(labels).count == 1
      }
      return (evaluation.logits?.count ?? 0) > 1 && Set(evaluation.logits ?? []).count == 1
    }

    /// Runs that agree in it began from the same seeds.
    var seedText: String {
      record.experiment.variant?.seedText ?? record.experiment.point ?? ""
    }
  }

  /// The stage that fine-tuned or evaluated it.
  var stage: String
  /// `main`, or the baseline's name.
  var variant: String
  /// Whether another fine-tuning learned or went on from it.
  var isSource: Bool
  var title: String
  var measurements: [Measurement]

  /// A stage of one run by itself.
  init(_ stage: RunRecord.Stage, _ evaluation: RunRecord.Evaluation, in record: RunRecord) {
    self.init(
      stage: stage.id, variant: stage.variant, isSource: record.isSource(stage),
      title: record.title(of: stage),
      measurements: [Measurement(record: record, stage: stage, evaluation: evaluation)])
  }

  init(
    stage: String, variant: String, isSource: Bool, title: String, measurements: [Measurement]
  ) {
    self.stage = stage
    self.variant = variant
    self.isSource = isSource
    self.title = title
    self.measurements = measurements
  }

  /// What it is compared by.
  var metric: ShownMetric { measurements.first?.leadingMetric ?? .accuracy }

  /// The same weights on further sets of their task, by the sets' names without the split.
  var further: [(task: String, model: MeasuredModel)] {
    measurements.flatMap { $0.stage.furtherEvaluations.map(\.data) }.firstOccurrences.map { data in
      var other = self
      other.measurements = measurements.compactMap { measurement in
        measurement.stage.furtherEvaluations.first { $0.data == data }.map {
          Measurement(record: measurement.record, stage: measurement.stage, evaluation: $0)
        }
      }
      return (RunRecord.taskName(ofData: data), other)
    }
  }

  /// Median (lowest-highest) of that; `-` without a run.
  var valueText: String {
    MedianRange(measurements.compactMap { $0.value(of: metric) })?.text() ?? "-"
  }

  /// The metric's interval of a single run; `-` for more or less.
  var intervalText: String {
    guard measurements.count == 1, let only = measurements.first else { return "-" }
    return metric.intervalText(only.evaluation, in: only.record)
  }
}

extension ExperimentRuns.Condition {
  /// What was fine-tuned and evaluated on `data`: the definition's own models, then the teacher and the baselines.
  func models(on data: String) -> [MeasuredModel] {
    var found: [MeasuredModel] = []
    for record in records {
      for stage in record.stages {
        guard let kept = stage.keptEvaluation, kept.data == data else { continue }
        let measurement = MeasuredModel.Measurement(
          record: record, stage: stage, evaluation: kept)
        if let known = found.firstIndex(where: { $0.stage == stage.id }) {
          found[known].measurements.append(measurement)
        } else {
          found.append(
            MeasuredModel(
              stage: stage.id, variant: stage.variant, isSource: record.isSource(stage),
              title: record.title(of: stage), measurements: [measurement]))
        }
      }
    }
    func rank(_ model: MeasuredModel) -> Int {
      model.variant == "teacher" || model.isSource ? 1 : model.variant == "main" ? 0 : 2
    }
    return found.enumerated().sorted { a, b in
      (rank(a.element), a.offset) < (rank(b.element), b.offset)
    }.map(\.element)
  }

  /// The definition's own model: of several fine-tunings the first that is no source of another, which the others
  /// are compared with.
  func ownModel(on data: String) -> MeasuredModel? {
    models(on: data).first { $0.variant == "main" && !$0.isSource }
      ?? models(on: data).first { $0.variant == "main" }
  }
}

extension ExperimentRuns {
  /// The splits that the definition's own models were evaluated on, in the order of the stages.
  var comparedSplits: [String] {
    records.flatMap { record in
      record.stages.filter { $0.variant == "main" && !record.isSource($0) }
        .compactMap { $0.keptEvaluation?.data }
    }.firstOccurrences
  }
}
