// The runs behind the tables of a sweep or an ablation: every cell's record, command and digests.

struct RunsSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  func text() -> String {
    guard !runs.planned.isEmpty else { return "" }
    let own = runs.ownTuningIDs
    var table = MarkdownTable([
      .init("Run", .left), .init("Stage", .left), .init("Correct"), .init("Accuracy"),
      .init("Kept epoch"), .init("Stage's digest", .left), .init("Definition", .left),
      .init("Record", .left), .init("Command", .left),
    ])
    for record in runs.records {
      for stage in record.stages where own.contains(stage.id) {
        let kept = stage.keptEvaluation
        table.add([
          ExperimentRuns.label(record), stage.id,
          kept.map { "\($0.correct) of \($0.count)" } ?? "-",
          kept.map { (Double($0.correct) / Double(max($0.count, 1))).fixed(4) } ?? "-",
          kept?.epoch.map { "\($0)" } ?? "-", ProvenanceSection.short(stage.digest),
          ProvenanceSection.short(record.experiment.digest),
          "[`records/\(record.fileName)`](records/\(record.fileName))",
          "`\(record.measured.command)`",
        ])
      }
    }
    for variant in runs.missing {
      table.add([variant.point] + [String](repeating: "-", count: 7) + ["not run yet"])
    }
    return """
      ## Runs

      \(table.text)
      Each run is a variant of one definition, with a record of its own; equal digests are equal \
      stages, which were computed once.

      """
  }
}
