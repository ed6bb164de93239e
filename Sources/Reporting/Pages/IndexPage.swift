// Results/README.md: every experiment in a line, and how to get the numbers again.
import RetortEvaluation
import RetortRecords

struct IndexPage {
  private let experiments: [ExperimentRuns]
  private let pages: [(title: String, file: String)]

  /// - experiments: sorted by name.
  /// - pages: those that belong to no experiment.
  init(_ experiments: [ExperimentRuns], pages: [(title: String, file: String)] = []) {
    self.experiments = experiments
    self.pages = pages
  }

  func text() -> String {
    var out = """
      \(PageMarkup.origin("records/"))

      # Results

      Every page here is drawn from the run records in [`records/`](records): numbers, curves and
      per-example predictions of runs that took place, each with its definition, weights, data, seeds,
      machine and the command that repeats it. Published numbers stand in rows of their own and come
      from `Experiments/references/`.


      """
    if !pages.isEmpty {
      out += pages.map { "- [\($0.title)](\($0.file))\n" }.joined() + "\n"
    }
    if experiments.isEmpty {
      out += "There is no record yet. Run a definition with `retort run`, then add its record with "
      out += "`retort report --add Runs/<name>`.\n"
      return out
    }
    out += headline() + claims()
    out += "## Experiments\n\n" + table() + "\n" + legend()
    out += experiments.map(picture(of:)).joined()
    return out + notMeasured() + again()
  }

  /// The report's table of the experiment that repeats it most often.
  private func headline() -> String {
    let repeating = experiments.filter { runs in
      RehearsalSection(runs).missingWeights.isEmpty && !reportedTable(runs).isEmpty
    }
    let most = repeating.map(\.main.records.count).max()
    guard let runs = repeating.first(where: { $0.main.records.count == most }) else { return "" }
    return reportedTable(runs) + "\nAll of it: [\(runs.name)](\(runs.name).md).\n\n"
  }

  private func reportedTable(_ runs: ExperimentRuns) -> String {
    runs.ownTuningIDs.first.map { ReportedTableSection(runs, stage: $0).text() } ?? ""
  }

  /// What the references claim, with the counterparts of every experiment on weights that were learned.
  private func claims() -> String {
    var table = MarkdownTable([
      .init("Claim", .left), .init("Experiment", .left), .init("Here", .left),
    ])
    var isEmpty = true
    for runs in experiments where runs.first.unlearnedWeights.isEmpty {
      for row in ClaimsSection(runs).rows {
        table.add([row.claim, "[\(runs.name)](\(runs.name).md)", row.here])
        isEmpty = false
      }
    }
    return isEmpty ? "" : "## Claims of the references\n\n\(table.text)\n"
  }

  private func picture(of runs: ExperimentRuns) -> String {
    guard let plot = ExperimentPlots(runs).emblem else { return "" }
    return """

      ## \(runs.name)

      \([runs.first.experiment.question, Headline(runs).result].compactMap { $0 }
        .joined(separator: " ").markdownParagraph)

      [![\(plot.caption)](\(plot.file))](\(runs.name).md)

      """
  }

  private func notMeasured() -> String {
    var lines: [String] = []
    for runs in experiments {
      let link = "[\(runs.name)](\(runs.name).md)"
      let missing = RehearsalSection(runs).missingWeights
      if !missing.isEmpty {
        lines.append(
          "\(link): the published weights of \(missing.joined(separator: ", ")) were not at hand. Random "
            + "ones of the same sizes stood in: time and memory are measured, what the model learns is not."
        )
      } else if !runs.first.unlearnedWeights.isEmpty {
        lines.append(
          "\(link): on random weights; time and memory are measured, what the model learns is not.")
      }
      if !runs.missing.isEmpty {
        lines.append("\(link): not run yet: \(runs.missing.map(\.point).joined(separator: "; ")).")
      }
    }
    guard !lines.isEmpty else { return "" }
    return "\n## What was not measured\n\n" + lines.map { "- \($0)\n" }.joined()
  }

  private func table() -> String {
    var table = MarkdownTable([
      .init("Experiment", .left), .init("Weights", .left), .init("Measured on", .left),
      .init("Accuracy"), .init("95 % interval"), .init("Epoch", .left), .init("Seeds", .left),
      .init("Budget", .left),
      .init("Wall time"),
    ])
    for all in experiments {
      let runs = all.main
      let own = runs.ownTuningIDs
      let tunings = own.first.map { runs.tunings($0) } ?? []
      let kept = tunings.compactMap { $0.stage.keptEpoch }
      let accuracies = own.compactMap { id -> String? in
        let tunings = runs.tunings(id)
        let epochs = tunings.compactMap(\.stage.keptEpoch)
        let metric = ShownMetric.leading(of: tunings)
        return MedianRange(epochs.compactMap(metric.value)).map { range in
          let text = metric.isAccuracy ? range.text() : "\(metric.title) \(range.text())"
          return own.count > 1 ? "\(id) \(text)" : text
        }
      }
      let last = tunings.first?.stage ?? runs.first.stages.last
      let measured = tunings.first?.stage.keptEvaluation
      let seconds = all.distinctStages.compactMap { entry in
        entry.record.measured.stages[entry.stage.id]?.wallSeconds
      }.reduce(0, +)
      table.add([
        "[\(runs.name)](\(runs.name).md)",
        runs.first.weights.filter { $0.origin != .copied }
          .map { "\($0.name): \(runs.first.originText(of: $0)) (\($0.source))" }
          .joined(separator: "; "),
        measured.map { "\($0.data), \($0.count.grouped) examples" } ?? "-",
        accuracies.isEmpty
          ? "-"
          : (runs.first.unlearnedWeights.isEmpty ? "" : "(random weights) ")
            + accuracies.joined(separator: "; "),
        own.count == 1 ? interval(of: tunings) : "-",
        kept.isEmpty
          ? "-"
          : Self.keptRows(kept, of: last),
        runs.seedText.replacing("seeds ", with: "").replacing("seed ", with: ""),
        last?.budget ?? "-", seconds.durationText,
      ])
    }
    return table.text
  }

  /// The kept epochs of so many; of evaluations that are counted by steps the kept steps of all that were done.
  private static func keptRows(_ kept: [RunRecord.Epoch], of stage: RunRecord.Stage?) -> String {
    let numbers = Set(kept.map(\.number)).sorted().map(\.grouped).joined(separator: ", ")
    switch stage?.rowUnit {
    case nil: return numbers
    case .epoch?: return "\(numbers) of \(stage?.epochs.count ?? 0)"
    case .step?: return "step \(numbers) of \((stage?.steps ?? 0).grouped)"
    }
  }

  /// Of the run whose accuracy, or first metric of a regression, is the median; there is none among an even number.
  private func interval(of tunings: [ExperimentRuns.Tuning]) -> String {
    let metric = ShownMetric.leading(of: tunings)
    let measured = tunings.compactMap { tuning in
      tuning.stage.keptEpoch.flatMap(metric.value).map { (value: $0, tuning: tuning) }
    }
    guard !measured.count.isMultiple(of: 2) else { return "-" }
    let median = measured.sorted { $0.value < $1.value }[measured.count / 2].tuning
    if metric.isAccuracy, let epoch = median.stage.keptEpoch, let correct = epoch.correct {
      return WilsonInterval.text(correct: correct, count: epoch.count)
    }
    return median.stage.keptEvaluation.map { metric.intervalText($0, in: median.record) } ?? "-"
  }

  private func legend() -> String {
    """
    Accuracy is that of the model which the definition fine-tunes; where it fine-tunes several, each is
    named by its stage. It has the weights of the epoch that the definition's rule keeps, the lowest
    validation loss if it says nothing else, chosen on the same examples: two rows may have kept
    different epochs. Over several runs it is the median (min-max), and the interval is that of the
    median run. Intervals are Wilson's at 95 %; they are too coarse to compare two rows with, and the
    pages give paired tests. No seed was chosen for its result.

    """
  }

  private func again() -> String {
    let commands = """
      retort report          # draws these pages and pictures from records/
      retort report --check  # fails if one of them is not what the records give
      """
    return """

      ## Again

      \(PageMarkup.code(commands, info: "sh"))

      Each page ends with the command that repeats its run.

      """
  }
}
