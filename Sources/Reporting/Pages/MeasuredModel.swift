// A model's accuracy over repeated runs, and what sets it apart from another's.

/// One model of one condition, in every run of it.
struct MeasuredModel {
  /// The weights that a fine-tuning kept, held against the validation split.
  struct Measurement {
    var record: RunRecord
    var stage: RunRecord.Stage
    var evaluation: RunRecord.Evaluation

    var accuracy: Double { Double(evaluation.correct) / Double(max(evaluation.count, 1)) }

    var labels: [Int]? { record.dataSet(evaluation.data)?.labels?.labels }

    /// Runs that agree in it began from the same seeds.
    var seedText: String {
      record.experiment.variant?.seedText ?? record.experiment.point ?? ""
    }
  }

  /// `main`, or the baseline's name.
  var variant: String
  var title: String
  var measurements: [Measurement]

  /// Median (lowest-highest); `-` without a run.
  var accuracyText: String { MedianRange(measurements.map(\.accuracy))?.text() ?? "-" }

  /// Wilson's interval of a single run; `-` for more or less.
  var intervalText: String {
    guard measurements.count == 1, let only = measurements.first?.evaluation else { return "-" }
    return WilsonInterval.text(correct: only.correct, count: only.count)
  }
}

extension ExperimentRuns.Condition {
  /// What was fine-tuned and evaluated on `data`: the definition's own model first, then the teacher and the
  /// baselines.
  func models(on data: String) -> [MeasuredModel] {
    var found: [MeasuredModel] = []
    for record in records {
      // Of several fine-tunings on the same data the last is the experiment's result.
      var last: [String: MeasuredModel.Measurement] = [:]
      var order: [String] = []
      for stage in record.stages where stage.kind == .finetune || stage.kind == .evaluate {
        guard let kept = stage.keptEvaluation, kept.data == data else { continue }
        if last[stage.variant] == nil { order.append(stage.variant) }
        last[stage.variant] = MeasuredModel.Measurement(
          record: record, stage: stage, evaluation: kept)
      }
      for variant in order {
        guard let measurement = last[variant] else { continue }
        if let known = found.firstIndex(where: { $0.variant == variant }) {
          found[known].measurements.append(measurement)
        } else {
          found.append(
            MeasuredModel(
              variant: variant, title: record.title(of: measurement.stage),
              measurements: [measurement]))
        }
      }
    }
    let ranks = ["main": 0, "teacher": 1]
    return found.enumerated().sorted { a, b in
      (ranks[a.element.variant] ?? 2, a.offset) < (ranks[b.element.variant] ?? 2, b.offset)
    }.map(\.element)
  }

  /// The definition's own model.
  func ownModel(on data: String) -> MeasuredModel? {
    models(on: data).first { $0.variant == "main" }
  }
}

extension ExperimentRuns {
  /// The split that the definition's own model was evaluated on last.
  var comparedData: String? {
    records.lazy.compactMap { record in
      record.stages.last { $0.variant == "main" && $0.keptEvaluation != nil }?.keptEvaluation?.data
    }.first
  }
}
