// The runs behind the tables of a sweep or an ablation: every cell's record, command and digests.

struct RunsSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  func text() -> String {
    guard !runs.planned.isEmpty, let data = runs.comparedData else { return "" }
    var table = MarkdownTable([
      .init("Run", .left), .init("Correct"), .init("Accuracy"), .init("Kept epoch"),
      .init("Definition", .left), .init("Last stage", .left), .init("Record", .left),
      .init("Command", .left),
    ])
    for record in runs.records {
      let stage = record.stages.last { $0.variant == "main" && $0.keptEvaluation?.data == data }
      let kept = stage?.keptEvaluation
      table.add([
        ExperimentRuns.label(record), kept.map { "\($0.correct) of \($0.count)" } ?? "-",
        kept.map { (Double($0.correct) / Double(max($0.count, 1))).fixed(4) } ?? "-",
        kept?.epoch.map { "\($0)" } ?? "-", ProvenanceSection.short(record.experiment.digest),
        stage.map { ProvenanceSection.short($0.digest) } ?? "-",
        "[`records/\(record.fileName)`](records/\(record.fileName))",
        "`\(record.measured.command)`",
      ])
    }
    for variant in runs.missing {
      table.add([variant.point] + [String](repeating: "-", count: 6) + ["not run yet"])
    }
    return """
      ## Runs

      \(table.text)
      Each run is a variant of one definition, with a record of its own; equal digests are equal \
      stages, which were computed once.

      """
  }
}
