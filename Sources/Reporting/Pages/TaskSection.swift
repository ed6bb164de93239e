// Models over several tasks, a column a task, in the form of the papers' tables of GLUE.
import RetortEvaluation
import RetortFormatting
import RetortRecords

/// Stands on the page of an experiment whose own models were fine-tuned on more than one task.
struct TaskSection {
  private let runs: ExperimentRuns
  private let columns: [Column]
  private let rows: [Row]
  /// The models of an experiment with one task, if that is not one of GLUE's, whose papers have a score over all of them.
  private let alone: [Row]

  init(_ runs: ExperimentRuns) {
    self.runs = runs
    let stages = runs.records.flatMap(\.stages).filter { $0.variant == "main" }
    let tasks = stages.flatMap { stage -> [String] in
      guard stage.keptEvaluation != nil, let task = stage.task else { return [] }
      return [task] + stage.furtherEvaluations.map { RunRecord.taskName(ofData: $0.data) }
    }.firstOccurrences
    let keys = tasks.map(Column.key).firstOccurrences
    let titles = runs.references.flatMap(\.tables).flatMap(\.columns)
    columns = keys.map { key in
      Column(
        key: key, tasks: tasks.filter { Column.key($0) == key },
        title: titles.first { Column.key($0) == key } ?? key)
    }
    rows = keys.count > 1 ? Self.rows(of: runs) : []
    alone =
      keys.count == 1 && !tasks.contains { $0.hasPrefix("glue/") } ? Self.rows(of: runs) : []
  }

  /// True for an experiment with one task.
  var isEmpty: Bool { rows.isEmpty }

  // MARK: What is shown

  /// A task; the two halves of MNLI's development set are one.
  private struct Column {
    var key: String
    var tasks: [String]
    var title: String

    /// Equal for a task's name and for what papers call it: `sst2` of `glue/sst2` and `SST-2`.
    static func key(_ name: String) -> String {
      let last = name.split(separator: "/").last.map(String.init) ?? name
      return last.lowercased().replacing("_mismatched", with: "").filter { $0 != "-" }
    }
  }

  /// One model, fine-tuned on each of the tasks, in all runs of a condition.
  private struct Row {
    var title: String
    /// Task to the model that was fine-tuned on it; of MNLI's second development set to that of the first.
    var models: [String: MeasuredModel] = [:]
  }

  /// A model is what was fine-tuned, and whose answers it learned from.
  private static func rows(of runs: ExperimentRuns) -> [Row] {
    let conditions = runs.conditions
    return conditions.flatMap { condition -> [Row] in
      var rows: [(key: [String], row: Row)] = []
      for split in runs.comparedSplits {
        for model in condition.models(on: split) {
          guard let first = model.measurements.first, let task = first.stage.task else { continue }
          let input = first.stage.trainedInput ?? model.stage
          let key = [model.variant, input] + first.stage.teachers
          let taught = first.stage.teachingText
          let name =
            model.variant == "main" ? input + taught : "\(model.title) (\(input))"
          let place = rows.firstIndex { $0.key == key && $0.row.models[task] == nil }
          let further = model.further.map { ($0.task, $0.model) }
          let models = [task: model].merging(further) { own, _ in own }
          if let place {
            rows[place].row.models.merge(models) { own, _ in own }
          } else {
            let isAgain = rows.contains { $0.key == key }
            let setting = conditions.count > 1 ? "\(condition.title): " : ""
            rows.append(
              (
                key,
                Row(title: setting + name + (isAgain ? ", \(model.stage)" : ""), models: models)
              ))
          }
        }
      }
      return rows.map(\.row)
    }
  }

  /// What the task is judged by.
  private static func metrics(of measurement: MeasuredModel.Measurement) -> [ShownMetric] {
    let names = measurement.record.dataSet(measurement.evaluation.data)?.metrics
    return names?.map { ShownMetric(named: $0) } ?? [measurement.leadingMetric]
  }

  // MARK: Scores

  /// Of one run in hundredths: the mean of the task's metrics.
  private static func score(_ measurement: MeasuredModel.Measurement) -> Double? {
    mean(
      metrics(of: measurement).map { $0.value(of: measurement.evaluation, in: measurement.record) }
    )
    .map { 100 * $0 }
  }

  /// The median over the runs; of a column of several tasks the mean of theirs.
  private func score(_ row: Row, _ column: Column) -> Double? {
    Self.mean(
      column.tasks.map { task in
        MedianRange(row.models[task]?.measurements.compactMap(Self.score) ?? [])?.median
      })
  }

  /// The score of a model that always predicts the largest class.
  private func constantScore(_ column: Column) -> Double? {
    Self.mean(
      column.tasks.map { task -> Double? in
        guard
          let measurement = rows.lazy.compactMap({ $0.models[task]?.measurements.first }).first,
          let labels = measurement.labels, !labels.isEmpty
        else { return nil }
        return Self.mean(
          Self.metrics(of: measurement).map { $0.value(ofLargestClassAmong: labels) }
        ).map { 100 * $0 }
      })
  }

  /// Nil if there is none of one of them.
  private static func mean(_ values: [Double?]) -> Double? {
    let known = values.compactMap { $0 }
    guard known.count == values.count, !known.isEmpty else { return nil }
    return known.reduce(0, +) / Double(known.count)
  }

  private static let isContrary = "wnli"

  /// The mean over the tasks, and that over all but WNLI, where that is one of them.
  private func macroScores(_ scores: [Double?]) -> [String] {
    func text(_ value: Double?) -> String { value?.fixed(1) ?? "-" }
    let others = zip(columns, scores).filter { $0.0.key != Self.isContrary }.map(\.1)
    return [text(Self.mean(scores))] + (hasWNLI ? [text(Self.mean(others))] : [])
  }

  private var hasWNLI: Bool { columns.contains { $0.key == Self.isContrary } }

  // MARK: Tables

  func text() -> String {
    guard !rows.isEmpty else { return besidePublished }
    return """
      ## Tasks

      \(table.text)
      \(caption)
      \(details.text)
      Of several runs the median (lowest-highest). The interval is at 95 %, over the choice of examples: Wilson's of \
      accuracy, the bootstrap's of other metrics; of several runs it is that of the run with the median, and \
      an even number of runs has none.

      """
  }

  /// The one task of an experiment beside what papers say of it; empty where none does.
  private var besidePublished: String {
    let published = alone.isEmpty ? [] : published
    guard !published.isEmpty else { return "" }
    var table = MarkdownTable([.init("Model", .left)] + columns.map { .init($0.title) })
    for row in alone { table.add([row.title] + columns.map { score(row, $0)?.fixed(2) ?? "-" }) }
    for (title, figures) in published { table.add([title] + figures.map { $0 ?? "-" }) }
    return """
      ## Beside published results

      \(table.text)
      In hundredths. Rows with a source in brackets are as printed there.

      """
  }

  /// For a terminal; nil for an experiment with one task.
  func plainText(width: Int?) -> String? {
    rows.isEmpty
      ? nil
      : "Tasks:\n\n\(table.plainText(width: width))\n\(warnings.map { "\($0.wrapped(to: width))\n" }.joined())"
  }

  /// The mean over the tasks, of each of the models.
  var headline: String {
    let list = rows.map { row in
      "\(row.title) \(macroScores(columns.map { score(row, $0) })[0])"
    }
    let count = rows.flatMap(\.models.values).map(\.measurements.count).max() ?? 0
    return "Mean score on \(columns.count) tasks (\(columns.map(\.title).joined(separator: ", ")))"
      + (count > 1 ? ", of each the median of \(count) runs" : "")
      + ": \(list.joined(separator: "; "))."
  }

  private var table: MarkdownTable {
    var table = MarkdownTable(
      [.init("Model", .left), .init("Score")] + (hasWNLI ? [.init("Without WNLI")] : [])
        + columns.map { .init($0.title) })
    func add(_ title: String, _ scores: [Double?]) {
      table.add([title] + macroScores(scores) + scores.map { $0?.fixed(1) ?? "-" })
    }
    for row in rows { add(row.title, columns.map { score(row, $0) }) }
    add("always the largest class", columns.map(constantScore))
    for (title, figures) in published {
      table.add(
        [title] + macroScores(figures.map { $0.flatMap(Double.init) }) + figures.map { $0 ?? "-" })
    }
    return table
  }

  /// Rows of the references' tables that have at least two of the tasks, or the only one: their figures as they are printed.
  private var published: [(title: String, figures: [String?])] {
    runs.references.flatMap { reference in
      reference.tables.flatMap { table -> [(title: String, figures: [String?])] in
        let places = columns.map { column in
          table.columns.dropFirst().firstIndex { Column.key($0) == column.key }
        }
        guard places.compactMap({ $0 }).count >= min(2, columns.count) else { return [] }
        let rows = table.rows.map { row in
          (
            title: "\(row[0]) (\(reference.id))",
            figures: places.map { place in
              place.flatMap { place -> String? in
                let cell = place < row.count ? row[place] : ""
                return Double(cell) == nil ? nil : cell
              }
            }
          )
        }
        return columns.count > 1 ? rows : rows.filter { $0.figures.first != .some(nil) }
      }
    }
  }

  private var caption: String {
    let measured = columns.map { column in
      let names =
        column.tasks.lazy.compactMap { task in
          rows.lazy.compactMap { $0.models[task]?.measurements.first }.first
        }.first.map { Self.metrics(of: $0).map(\.title) } ?? []
      return "\(column.title) \(names.joined(separator: " and "))"
    }.joined(separator: ", ")
    var text = """
      In hundredths, on the development sets: \(measured); of two metrics the mean. Of several runs the median is taken of \
      each task. Score is the mean over these tasks\(hasWNLI ? ", once with WNLI and once without" : ""). \
      \(published.isEmpty ? "" : "Rows with a source in brackets are as printed there; their scores are the means of the same tasks. ")\
      No run was chosen or left out for its result.

      """
    for warning in warnings { text += "\n\(warning)\n" }
    return text
  }

  /// Models that are no better than one that always gives the same answer.
  var warnings: [String] {
    rows.flatMap { row in
      columns.flatMap { column -> [String] in
        var found: [String] = []
        for task in column.tasks {
          guard let model = row.models[task] else { continue }
          let constant = model.measurements.filter(\.givesOneAnswer).count
          if constant > 0 {
            found.append(
              OneAnswer.warning(
                row.title, on: column.title, inRuns: constant, of: model.measurements.count))
          }
        }
        if let score = score(row, column), let constant = constantScore(column),
          score.fixed(1) == constant.fixed(1) || score < constant
        {
          found.append(
            "On \(column.title) \(row.title) (\(score.fixed(1))) is no better than one answer for all examples "
              + "(\(constant.fixed(1))): nothing can be read from the difference to other models.")
        }
        return found
      }
    }
  }

  /// Metric by metric, with intervals.
  private var details: MarkdownTable {
    var table = MarkdownTable([
      .init("Task", .left), .init("Examples"), .init("Metric", .left), .init("Model", .left),
      .init("Runs"), .init("Value"), .init("95 % interval"), .init("Always the largest class"),
    ])
    for task in columns.flatMap(\.tasks) {
      for row in rows {
        guard let model = row.models[task], let first = model.measurements.first else { continue }
        for metric in Self.metrics(of: first) {
          let values = model.measurements.compactMap { measurement in
            metric.value(of: measurement.evaluation, in: measurement.record)
              .map { (value: $0, measurement: measurement) }
          }
          let sorted = values.sorted { $0.value < $1.value }
          // Of an even number of runs none has the median.
          let median = sorted.count % 2 == 0 ? nil : sorted[sorted.count / 2].measurement
          table.add([
            task, first.evaluation.count.grouped, metric.title, row.title,
            "\(model.measurements.count)", MedianRange(values.map(\.value))?.text() ?? "-",
            median.map { metric.intervalText($0.evaluation, in: $0.record) } ?? "-",
            first.labels.flatMap { metric.value(ofLargestClassAmong: $0) }?.fixed(4) ?? "-",
          ])
        }
      }
    }
    return table
  }
}
