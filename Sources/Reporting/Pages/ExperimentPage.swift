// The page of one experiment, Results/<experiment>.md, and its pictures.
import RetortFormatting

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
    for plot in allPlots {
      files[plot.file] = plot.svg
    }
    files["\(runs.name).md"] = text()
    return files
  }

  private var allPlots: [ExperimentPlots.Plot] {
    sectionIDs.compactMap(plots.epochs) + plots.losses() + plots.gradients()
  }

  /// Of several fine-tunings only those have a section that something is laid beside; one table holds the others.
  private var sectionIDs: [String] {
    let tunings = runs.tuningIDs(main: true)
    return tunings.filter { id in
      tunings.count == 1 || !EpochSection(runs, stage: id).comparisons.isEmpty
    }
  }

  private func text() -> String {
    let tunings = runs.tuningIDs(main: true)
    var sections = [head(), RehearsalSection(runs).text(), HypothesisSection(runs).text()]
    if runs.ownTuningIDs.count == 1 {
      sections += runs.ownTuningIDs.map { ReportedTableSection(runs, stage: $0).text() }
    }
    sections += [
      TaskSection(runs).text(), AblationSection(runs).text(), SweepSection(runs).text(),
      RunsSection(runs).text(),
    ]
    for id in sectionIDs {
      sections.append(EpochSection(runs, stage: id).text(picture: picture(plots.epochs(stage: id))))
    }
    sections.append(ComparisonSection(runs).text())
    sections.append(MeasuresSection(runs).text())
    let others = tunings.filter { !sectionIDs.contains($0) }
    let distils = others.contains { runs.tunings($0).contains(where: \.stage.isDistillation) }
    sections += epochTables(distils ? "Distillations and fine-tunings" : "Fine-tunings", others)
    sections += epochTables("Teacher and baselines", runs.tuningIDs(main: false))
    sections.append(ClaimsSection(runs).text())
    sections.append(LossSection(runs).text() + plots.losses().map { picture($0) }.joined())
    sections.append(
      GradientSection(runs).text() + plots.gradients().map { picture($0) }.joined())
    sections.append(ProvenanceSection(runs).text())
    return sections.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func picture(_ plot: ExperimentPlots.Plot?) -> String {
    plot.map { "\n![\($0.caption)](\($0.file))\n" } ?? ""
  }

  private func head() -> String {
    let summary = Headline(runs).sentences
    return """
      \(PageMarkup.origin("records/"))

      # \(runs.name)

      \(runs.first.experiment.question.markdownParagraph)

      \(summary.joined(separator: " "))

      \(conditions)

      """
  }

  /// Under which conditions every number below was found.
  private var conditions: String {
    let record = runs.first
    let machine = record.measured.machine
    let seconds = runs.distinctStages.compactMap { entry in
      entry.record.measured.stages[entry.stage.id]?.wallSeconds
    }.reduce(0, +)
    let count = runs.records.count == 1 ? "One run" : "\(runs.records.count) runs"
    let overrides = record.experiment.overrides
    var budget = record.experiment.budget.map { "Budget of the definition: \($0). " } ?? ""
    if !overrides.isEmpty {
      budget += "Changed for this run: \(overrides.joined(separator: "; ")). "
    }
    return budget
      + "\(count), \(runs.seedText), \(seconds.durationText) of training on \(machine.threadText) "
      + "with Retort \(record.program.version). Data, weights, stages, digests and the command that repeats "
      + "them are at the end of the page."
  }

  /// The epochs of several fine-tunings, those of a task in one table.
  private func epochTables(_ heading: String, _ ids: [String]) -> [String] {
    func task(_ id: String) -> String { runs.tunings(id).first?.stage.task ?? id }
    let tasks = ids.map(task).firstOccurrences
    return tasks.map { name in
      epochTable(
        heading + (tasks.count > 1 ? " on \(name)" : "") + ", epoch by epoch",
        ids.filter { task($0) == name })
    }
  }

  private func epochTable(_ heading: String, _ ids: [String]) -> String {
    let several = runs.records.count > 1
    let stages = ids.flatMap { runs.tunings($0) }.map(\.stage)
    let metrics = ShownMetric.all(in: stages.flatMap(\.epochs))
    let columns = EpochColumns(stages)
    var table = MarkdownTable(
      [.init("Model", .left)] + (several ? [.init("Run", .left)] : []) + columns.heads(metrics))
    for id in ids {
      for tuning in runs.tunings(id) {
        for epoch in tuning.stage.epochs {
          table.add(
            [tuning.record.title(of: tuning.stage)]
              + (several ? [ExperimentRuns.label(tuning.record)] : [])
              + columns.shown(EpochColumns.cells(epoch, of: tuning, metrics)))
        }
      }
    }
    return "## \(heading)\n\n" + table.text
  }
}
