// The runs behind the tables of a sweep or an ablation: every cell's record, command and digests.
import RetortFormatting

struct RunsSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  func text() -> String {
    guard !runs.planned.isEmpty else { return "" }
    let own = runs.ownTuningIDs
    let tunings = own.flatMap { runs.tunings($0) }
    let metrics = tunings.map { ShownMetric.leading(of: $0.stage, in: $0.record).title }
      .firstOccurrences
    let hasClasses = tunings.contains { $0.stage.keptEpoch?.correct != nil }
    let isByStep = tunings.first?.stage.rowUnit == .step
    var columns: [MarkdownTable.Column] = [.init("Run", .left), .init("Stage", .left)]
    if hasClasses { columns.append(.init("Correct")) }
    // Stages of several tasks are measured by metrics of their own.
    let value = metrics.count == 1 ? metrics[0] : "Metric"
    columns += [
      .init(value), .init(isByStep ? "Kept step" : "Kept epoch"), .init("Stage's digest", .left),
      .init("Definition", .left), .init("Record", .left), .init("Command", .left),
    ]
    var table = MarkdownTable(columns)
    for record in runs.records {
      for stage in record.stages where own.contains(stage.id) {
        let kept = stage.keptEvaluation
        var cells = [ExperimentRuns.label(record), stage.id]
        if hasClasses {
          cells.append(kept?.correct.map { "\($0) of \(kept?.count ?? 0)" } ?? "-")
        }
        let metric = ShownMetric.leading(of: stage, in: record)
        let value = metric.isAccuracy ? kept?.accuracy : stage.keptEpoch.flatMap(metric.value)
        let title = metrics.count == 1 ? "" : "\(metric.title) "
        cells.append(value.map { title + $0.fixed(4) } ?? "-")
        table.add(
          cells
            + [
              (kept?.step ?? kept?.epoch).map { "\($0)" } ?? "-",
              ProvenanceSection.short(stage.digest),
              ProvenanceSection.short(record.experiment.digest),
              "[`records/\(record.fileName)`](records/\(record.fileName))",
              "`\(record.measured.command)`",
            ])
      }
    }
    for variant in runs.missing {
      table.add(
        [variant.point] + [String](repeating: "-", count: columns.count - 2) + [
          "not run yet"
        ])
    }
    return """
      ## Runs

      \(table.text)
      Each run is a variant of one definition, with a record of its own; equal digests are equal \
      stages, which were computed once.

      """
  }
}
