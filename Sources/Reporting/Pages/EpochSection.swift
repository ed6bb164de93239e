// A fine-tuning epoch by epoch: the report's four columns, ours and the references'.
import RetortEvaluation
import RetortOptions
import RetortRecords

struct EpochSection {
  private let runs: ExperimentRuns
  let tunings: [ExperimentRuns.Tuning]
  private let id: String

  init(_ runs: ExperimentRuns, stage id: String) {
    self.runs = runs
    self.id = id
    tunings = runs.tunings(id)
  }

  /// What the rows are counted by.
  var unit: RunRecord.RowUnit { tunings.first?.stage.rowUnit ?? .epoch }

  /// Rows of the references with epochs of the same task; none beside evaluations that are counted by steps.
  var comparisons: [PublishedRuns] {
    guard unit == .epoch, let task = tunings.first?.stage.task else { return [] }
    return runs.references.compactMap { PublishedRuns($0, task: task) }.flatMap(\.rows)
  }

  /// - picture: Markdown of the epochs' plot, to stand before the sources.
  func text(picture: String) -> String {
    guard let stage = tunings.first?.stage else { return "" }
    let isOneOfSeveral = runs.tuningIDs(main: true).count > 1
    var out = "## \(isOneOfSeveral ? "\(id) on " : "")\(stage.task ?? id), \(unit.title)\n\n"
    out += table().text
    out += "\n" + caption(stage) + "\n"
    out += (warnsOnPage ? constants : []).map { "\($0)\n\n" }.joined()
    out += further.map { "\($0)\n\n" }.joined()
    out += choice()
    out += equals()
    out += picture
    if !comparisons.isEmpty { out += "\n" + sources() }
    return out
  }

  /// What was kept, in all runs or those of a condition.
  private func kept(under condition: ExperimentRuns.Condition? = nil) -> MeasuredModel? {
    let models = tunings.filter { condition?.contains($0.record) ?? true }.compactMap { tuning in
      tuning.stage.keptEvaluation.map { MeasuredModel(tuning.stage, $0, in: tuning.record) }
    }
    var all = models.first
    all?.measurements = models.flatMap(\.measurements)
    return all
  }

  /// Whether a page says what `constants` says: where classes of one task are so unequal that an accuracy can look better
  /// than it is, or a model gives one answer. Of several tasks the table of tasks has it.
  private var warnsOnPage: Bool {
    guard TaskSection(runs).isEmpty, let kept = kept(), let first = kept.measurements.first else {
      return false
    }
    if kept.measurements.contains(where: \.givesOneAnswer) { return true }
    guard let labels = first.labels, !labels.isEmpty else { return false }
    let counts = Dictionary(labels.map { ($0, 1) }, uniquingKeysWith: +).values
    let largest = Double(counts.max() ?? 0) / Double(labels.count)
    return largest > 1 / Double(counts.count) + Self.noticeable
  }

  /// Of the share of the largest class over that of equal classes.
  private static let noticeable = 0.05

  /// What always giving the largest class comes to, and that a model does nothing else, a sentence each.
  var constants: [String] {
    guard let kept = kept(), let first = kept.measurements.first else { return [] }
    let names = first.record.dataSet(first.evaluation.data)?.metrics
    let metrics = names?.map { ShownMetric(named: $0) } ?? [first.leadingMetric]
    let values = metrics.compactMap { metric in
      first.labels.flatMap { metric.value(ofLargestClassAmong: $0) }
        .map { "\(metric.title) \($0.fixed(4))" }
    }
    let answering = kept.measurements.count(where: \.givesOneAnswer)
    let warning = OneAnswer.warning(
      kept.title, on: first.stage.task ?? id, inRuns: answering, of: kept.measurements.count)
    return
      (values.isEmpty ? [] : ["Always the largest class: \(values.joined(separator: ", "))."])
      + (answering > 0 ? ["Warning: \(warning)"] : [])
  }

  /// The kept weights on sets besides that of the table, a sentence each.
  var further: [String] {
    let conditions = runs.conditions
    return conditions.flatMap { condition in
      (kept(under: condition)?.further ?? []).map { task, model in
        let count = model.measurements.first?.evaluation.count ?? 0
        let runs = model.measurements.count
        return "On \(task) dev, \(count.grouped) examples, the kept weights"
          + (conditions.count > 1 ? " of \(condition.title)" : "")
          + " have \(model.metric.title) \(model.valueText)"
          + (runs > 1
            ? ", median (lowest-highest) of \(runs) runs."
            : ", 95 % interval \(model.intervalText).")
      }
    }
  }

  // MARK: The table

  /// Row by row: our runs, median and range of those that differ in seeds alone, the references.
  func table() -> MarkdownTable {
    let several = tunings.count > 1
    let count = tunings.first?.stage.epochs.first?.count ?? 0
    let metrics = furtherMetrics
    let columns = EpochColumns(tunings.map(\.stage))
    var table = MarkdownTable([.init("Run", .left)] + columns.heads(metrics))
    func add(_ label: String, _ cells: [String]) { table.add([label] + columns.shown(cells)) }
    let conditions = runs.conditions
    for number in Set(tunings.flatMap { $0.stage.epochs.map(\.number) }).sorted() {
      for condition in conditions {
        var rows: [RunRecord.Epoch] = []
        for tuning in tunings where condition.contains(tuning.record) {
          guard let epoch = tuning.stage.row(number) else {
            continue
          }
          rows.append(epoch)
          let label = several ? "Retort, \(ExperimentRuns.label(tuning.record))" : "Retort"
          add(label, EpochColumns.cells(epoch, of: tuning, metrics))
        }
        if rows.count > 1 {
          let name = conditions.count > 1 ? " \(condition.title)," : ""
          add("Retort,\(name) median (min-max) of \(rows.count)", Self.summary(rows, metrics))
        }
      }
      for comparison in comparisons {
        if let row = Self.row(comparison, metrics, epoch: number, of: count) {
          add(comparison.name(epoch: number), row)
        }
      }
    }
    return table
  }

  /// The metrics besides accuracy that the epochs have.
  private var furtherMetrics: [ShownMetric] {
    ShownMetric.all(in: tunings.flatMap(\.stage.epochs))
  }

  /// Median and range of the same epoch in runs that differ in seeds alone.
  private static func summary(
    _ rows: [RunRecord.Epoch], _ metrics: [ShownMetric]
  ) -> [String] {
    func range(_ value: (RunRecord.Epoch) -> Double?) -> String {
      MedianRange(rows.compactMap(value))?.text() ?? "No log"
    }
    let first = ["\(rows[0].number)", range(\.trainingLoss), range(\.validationLoss)]
    guard rows[0].correct != nil else {
      return first + [range(\.epochTrainingLoss)]
        + metrics.flatMap { metric in [range(metric.value), ""] } + [""]
    }
    return first + [range(\.accuracy), range(\.epochTrainingLoss), "", ""]
      + metrics.map { metric in range(metric.value) } + [""]
  }

  /// A reference's row: its printed figures, lowest and highest where it stands for several runs.
  private static func row(
    _ comparison: PublishedRuns, _ metrics: [ShownMetric], epoch number: Int, of count: Int
  ) -> [String]? {
    let epochs = comparison.epochs(number)
    guard let first = epochs.first else { return nil }
    func range(_ figure: EpochFigure) -> String {
      FigureRange(figure, of: epochs)?.text ?? "-"
    }
    let single = epochs.count == 1 && comparison.runs[0].examples == count
    return [
      "\(number)", range(.trainingLoss), range(.validationLoss),
      range(.accuracy), range(.epochTrainingLoss), single ? "\(first.correct)" : "-",
      single ? WilsonInterval.text(correct: first.correct, count: count) : "-",
    ] + metrics.map { _ in "-" } + [""]
  }

  private func caption(_ stage: RunRecord.Stage) -> String {
    let count = stage.epochs.first?.count ?? 0
    let runCount = tunings.count == 1 ? "One run" : "\(tunings.count) runs"
    return """
      \(runCount), \(runs.seedText); budget \(budget(of: stage)); \
      learning rate \(stage.learningRate). \(losses(of: stage)). \
      \(endings)\
      \(tunings.count > 1 ? "No run was chosen or left out for its result. " : "")\
      \(intervals(on: count))

      """
  }

  /// What the columns of the training's loss are.
  private func losses(of stage: RunRecord.Stage) -> String {
    let mean = "over all steps of the epoch\(unit == .epoch ? "" : " up to this one")"
    if stage.isDistillation {
      return
        "It learned from a teacher and read no label; Epoch mean is the mean of its own loss \(mean)"
    }
    return """
      Training Loss is the mean over the last window of \
      \(stage.curve.window) steps that was complete \(unit == .epoch ? "at the epoch's end" : "at the step"), as Hugging \
      Face's Trainer prints it; Epoch mean is \(mean)
      """
  }

  /// The runs that ended before their limit, in sentences.
  private var endings: String {
    tunings.compactMap { tuning in
      tuning.stage.earlyStop.map { stop in
        let run = tunings.count > 1 ? "\(ExperimentRuns.label(tuning.record)) ended" : "It ended"
        let amount = stop.threshold > 0 ? " by more than \(PlainNumber.text(stop.threshold))" : ""
        return """
          \(run) early, after step \(tuning.stage.steps.grouped) of \(stop.plannedSteps.grouped): \
          \(stop.metric) did not improve\(amount) in \(stop.patience) \
          evaluation\(stop.patience == 1 ? "" : "s in a row").\(" ")
          """
      }
    }.joined()
  }

  private func intervals(on count: Int) -> String {
    tunings.contains { $0.stage.epochs.first?.correct != nil }
      ? """
      Intervals are Wilson's, on \(count.grouped) examples: one example is \
      \((1 / Double(max(count, 1))).fixed(max(4, String(count).count))).
      """
      : """
      The losses are mean squared errors. Intervals are those of the bootstrap over the \
      \(count.grouped) examples.
      """
  }

  /// What the definition allowed, and the steps that it came to where it was not said in steps.
  private func budget(of stage: RunRecord.Stage) -> String {
    stage.budget == "\(stage.steps) steps"
      ? "\(stage.steps.grouped) steps" : "\(stage.budget), \(stage.steps.grouped) steps"
  }

  /// The references whose every figure ours repeats, to the digits that were published.
  private func equals() -> String {
    guard tunings.count == 1, let epochs = tunings.first?.stage.epochs else { return "" }
    return comparisons.filter { $0.runs.count == 1 }.compactMap { comparison -> String? in
      let theirs = comparison.runs[0].epochs
      let pairs = theirs.flatMap { their in
        EpochFigure.allCases.compactMap { figure -> (String?, String)? in
          guard let published = figure.published(in: their) else { return nil }
          let own = epochs.first { $0.epoch == their.epoch }.flatMap(figure.value)
          return (own?.fixed(4), published.text)
        }
      }
      guard theirs.count == epochs.count, pairs.allSatisfy({ $0 == $1 }) else { return nil }
      return
        "\nAll \(pairs.count) figures of \(comparison.name) come out again, to the last digit.\n"
    }.joined()
  }

  // MARK: The references

  /// What each row was measured with.
  private func sources() -> String {
    var out = "Rows:\n\n"
    if let tuning = tunings.first {
      let model = tuning.record.describedModel(of: tuning.stage)
      out += "- Retort: \(model), \(tuning.stage.parameters.total.grouped) parameters.\n"
    }
    for comparison in comparisons {
      let run = comparison.runs[0]
      let size = run.parameters.map { ", \($0.grouped) parameters" } ?? ""
      let settings =
        comparison.runs.count == 1
        ? run.settings : "lowest and highest of the runs that have the epoch"
      out += "- \(comparison.name): \(run.model)\(size); \(settings).\n"
    }
    var references: [Reference] = []
    for comparison in comparisons where !references.contains(comparison.reference) {
      references.append(comparison.reference)
      let names = comparisons.filter { $0.reference == comparison.reference }.map(\.name)
      out += "- Source of \(names.joined(separator: ", ")): "
      out += "\(comparison.reference.sources.joined(separator: "; "))."
      out += comparison.reference.notes.map { " \($0)" }.joined() + "\n"
    }
    return out + "\nOnly rows of the same weights can be expected to agree.\n"
  }
}

extension RunRecord.RowUnit {
  /// The head of the column of its numbers.
  var column: String {
    switch self {
    case .epoch: "Epoch"
    case .step: "Step"
    }
  }

  /// After a task's name: "epoch by epoch".
  var title: String {
    switch self {
    case .epoch: "epoch by epoch"
    case .step: "evaluation by evaluation"
    }
  }
}
