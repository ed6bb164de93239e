// The runs behind the tables of a sweep or an ablation: every cell's record, command and digests.

struct RunsSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  func text() -> String {
    guard !runs.planned.isEmpty else { return "" }
    let own = runs.ownTuningIDs
    let metric = ShownMetric.leading(
      in: own.flatMap { runs.tunings($0) }.compactMap { $0.stage.keptEpoch })
    let isByStep = own.first.flatMap { runs.tunings($0).first }?.stage.rowUnit == .step
    var columns: [MarkdownTable.Column] = [.init("Run", .left), .init("Stage", .left)]
    if metric.isAccuracy { columns.append(.init("Correct")) }
    columns += [
      .init(metric.title), .init(isByStep ? "Kept step" : "Kept epoch"),
      .init("Stage's digest", .left),
      .init("Definition", .left), .init("Record", .left), .init("Command", .left),
    ]
    var table = MarkdownTable(columns)
    for record in runs.records {
      for stage in record.stages where own.contains(stage.id) {
        let kept = stage.keptEvaluation
        var cells = [ExperimentRuns.label(record), stage.id]
        if metric.isAccuracy {
          cells.append(kept?.correct.map { "\($0) of \(kept?.count ?? 0)" } ?? "-")
        }
        let value = metric.isAccuracy ? kept?.accuracy : stage.keptEpoch.flatMap(metric.value)
        cells.append(value?.fixed(4) ?? "-")
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
