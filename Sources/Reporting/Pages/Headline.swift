// The result of an experiment in two or three sentences.
import RetortEvaluation
import RetortRecords

struct Headline {
  /// Repetitions of one condition: numbers of different ones are not to be taken together.
  private let runs: ExperimentRuns
  private let all: ExperimentRuns

  init(_ runs: ExperimentRuns) {
    self.runs = runs.main
    all = runs
  }

  var sentences: [String] { [result, extent, caveat].compactMap { $0 } }

  /// How many of the runs that the definition asks for are in, and which of them were meant.
  private var extent: String? {
    let planned = all.planned.count
    guard planned > 0 else { return nil }
    let done = planned - all.missing.count
    let count = done == planned ? "all \(planned)" : "\(done) of \(planned)"
    let conditions = all.conditions
    guard conditions.count > 1, let meant = conditions.first(where: { !$0.records.isEmpty }) else {
      return "Of the runs that the definition asks for \(count) are in."
    }
    let those = meant.records.count == 1 ? "That is the run called" : "Those are the runs with"
    return "\(those) \(meant.title); of the runs that the definition asks for \(count) are in."
  }

  /// Accuracy of the definition's own model, and the share of the teacher's that it is.
  var result: String? {
    let own = runs.ownTuningIDs
    if own.count > 1 { return results(of: own) }
    guard let id = own.first else { return nil }
    let tunings = runs.tunings(id)
    let kept = tunings.compactMap { $0.stage.keptEpoch }
    guard let first = kept.first, let stage = tunings.first?.stage else { return nil }
    let record = runs.first
    let name =
      stage.isDistillation
      ? "The student, which saw no label,"
      : record.hasDistillation ? "The distilled student" : "The fine-tuned model"
    var text: String
    if first.correct == nil { return regression(name, tunings) }
    if kept.count == 1, let correct = first.correct, let accuracy = first.accuracy {
      text = """
        \(name) has \(correct) of \(first.count.grouped) right: accuracy \
        \(accuracy.fixed(4)), 95 % interval \
        \(WilsonInterval.text(correct: correct, count: first.count)).
        """
    } else {
      let range = MedianRange(kept.compactMap(\.accuracy))?.text() ?? "-"
      text = "\(name) has a median accuracy of \(range) over \(kept.count) runs "
      text += "on \(first.count.grouped) examples."
    }
    let teachers = record.teachers(
      of: stage, among: record.stages.filter { $0.isEvaluated && $0.task == stage.task })
    let best = teachers.compactMap(\.keptEpoch).max { ($0.correct ?? 0) < ($1.correct ?? 0) }
    if kept.count == 1, let teacher = best, let right = teacher.correct, right > 0,
      let correct = first.correct, let accuracy = teacher.accuracy
    {
      let share = 100 * Double(correct) / Double(right)
      let whose =
        teachers.count > 1 ? "the best of its \(teachers.count) teachers'" : "its teacher's"
      text += " That is \(share.fixed(1)) % of \(whose) \(accuracy.fixed(4))."
    }
    if kept.count == 1 { text += undistilled(beside: stage, in: record) ?? "" }
    return text
  }

  /// Every metric of a regression: of one run with its interval, of several the median.
  private func regression(_ name: String, _ tunings: [ExperimentRuns.Tuning]) -> String? {
    let kept = tunings.compactMap(\.stage.keptEpoch)
    guard let first = kept.first else { return nil }
    let figures = ShownMetric.all(in: kept).map { metric in
      let value = MedianRange(kept.compactMap(metric.value))?.text() ?? "-"
      guard tunings.count == 1, let evaluation = tunings[0].stage.keptEvaluation else {
        return "\(metric.title) \(value)"
      }
      let interval = metric.intervalText(evaluation, in: tunings[0].record)
      return "\(metric.title) \(value), 95 % interval \(interval)"
    }
    let several = kept.count > 1 ? ", medians of \(kept.count) runs" : ""
    return "\(name) on \(first.count.grouped) examples\(several): "
      + figures.joined(separator: "; ") + "."
  }

  /// Of several fine-tunings each with its accuracy.
  private func results(of ids: [String]) -> String? {
    let splits = runs.comparedSplits
    if splits.count > 1 { return TaskSection(runs).headline }
    guard let data = splits.first,
      let condition = runs.conditions.first(where: { !$0.records.isEmpty })
    else { return nil }
    let models = condition.models(on: data).filter { ids.contains($0.stage) || $0.isSource }
    guard let count = models.first?.measurements.first?.evaluation.count else { return nil }
    let several = condition.records.count > 1
    let list = models.map { "\($0.title) \($0.valueText)" }.joined(separator: ", ")
    return "\(models[0].metric.title) on \(data), \(count.grouped) examples"
      + (several ? ", median (lowest-highest) of \(condition.records.count) runs" : "")
      + ": \(list)."
  }

  /// The same student without distillation: what the distilled one has to be compared with.
  private func undistilled(beside stage: RunRecord.Stage, in record: RunRecord) -> String? {
    let baseline = record.stages.first {
      $0.variant == "no_distillation" && $0.isEvaluated && $0.task == stage.task
    }
    guard let baseline, let other = baseline.keptEvaluation, let own = stage.keptEvaluation,
      other.count == own.count, let correct = other.correct, let accuracy = other.accuracy
    else { return nil }
    var text =
      " The student that was not distilled has \(correct) right: accuracy \(accuracy.fixed(4))"
    if let difference = PairedDifference(
      MeasuredModel(stage, own, in: record), MeasuredModel(baseline, other, in: record))
    {
      text += "; distillation made a difference of \(difference.text) points "
      text += "(\(difference.intervalText); McNemar p \(difference.pText))"
    }
    return text + "."
  }

  /// Which weights the numbers rest on; said first if they are random.
  private var caveat: String? {
    let record = runs.first
    let weights = record.weights
    guard !weights.isEmpty else { return nil }
    let list = weights.map { "\($0.name): \(record.originText(of: $0)) (\($0.source))" }
      .joined(separator: "; ")
    let warning =
      record.unlearnedWeights.isEmpty
      ? ""
      : " Random weights show that everything runs, and how fast; the losses and accuracies "
        + "say nothing about the published models."
    return "Weights: \(list).\(warning)"
  }
}
