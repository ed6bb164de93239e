// The page of one experiment, Results/<experiment>.md, and its pictures.

struct ExperimentPage {
  private let runs: ExperimentRuns
  private let plots: ExperimentPlots

  init(_ runs: ExperimentRuns) {
    self.runs = runs
    plots = ExperimentPlots(runs)
  }

  /// File name under Results/ to content.
  var files: [String: String] {
    var files: [String: String] = [:]
    for plot in runs.tuningIDs(main: true).compactMap(plots.epochs) + plots.losses() {
      files[plot.file] = plot.svg
    }
    files["\(runs.name).md"] = text()
    return files
  }

  private func text() -> String {
    let tunings = runs.tuningIDs(main: true)
    var sections = [head(), RehearsalSection(runs).text()]
    sections += tunings.map { ReportedTableSection(runs, stage: $0).text() }
    sections += [
      AblationSection(runs).text(), SweepSection(runs).text(), RunsSection(runs).text(),
    ]
    for id in tunings {
      sections.append(EpochSection(runs, stage: id).text(picture: picture(plots.epochs(stage: id))))
    }
    sections.append(ComparisonSection(runs).text())
    sections.append(baselines())
    sections.append(ClaimsSection(runs).text())
    sections.append(LossSection(runs).text() + plots.losses().map { picture($0) }.joined())
    sections.append(ProvenanceSection(runs).text())
    return sections.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func picture(_ plot: ExperimentPlots.Plot?) -> String {
    plot.map { "\n![\($0.caption)](\($0.file))\n" } ?? ""
  }

  private func head() -> String {
    let summary = Headline(runs).sentences
    return """
      <!-- Drawn by `retort report` from records/; changes made here are lost. -->

      # \(runs.name)

      \(runs.first.experiment.question.markdownProse)

      \(summary.joined(separator: " ").markdownProse)

      """
  }

  /// The epochs of teacher and baselines, in one table.
  private func baselines() -> String {
    let ids = runs.tuningIDs(main: false)
    guard !ids.isEmpty else { return "" }
    let several = runs.records.count > 1
    let count = runs.tunings(ids[0]).first?.stage.epochs.first?.count ?? 0
    var table = MarkdownTable(
      [.init("Model", .left)] + (several ? [.init("Run", .left)] : []) + [
        .init("Epoch"), .init("Training Loss"), .init("Validation Loss"), .init("Accuracy"),
        .init("Epoch mean"), .init("Correct of \(count.grouped)"),
        .init("95 % interval"), .init("Best by", .left),
      ])
    for id in ids {
      for tuning in runs.tunings(id) {
        for epoch in tuning.stage.epochs {
          table.add(
            [tuning.record.title(of: tuning.stage)]
              + (several ? [ExperimentRuns.label(tuning.record)] : [])
              + EpochSection.cells(epoch, best: tuning.stage.best))
        }
      }
    }
    return "## Teacher and baselines, epoch by epoch\n\n" + table.text
  }
}
