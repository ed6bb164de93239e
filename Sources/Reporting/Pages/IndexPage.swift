// Results/README.md: every experiment in a line, and how to get the numbers again.

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
      <!-- Drawn by `retort report` from records/; changes made here are lost. -->

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
      out += "There is no record yet. `retort run Experiments/quickstart.yaml`, then "
      out += "`retort report --add Runs/quickstart`.\n"
      return out
    }
    out += table()
    out += "\n" + legend()
    for runs in experiments {
      let plots = ExperimentPlots(runs)
      let main = runs.tuningIDs(main: true).compactMap(plots.epochs).first
      guard let plot = main ?? plots.losses().first else { continue }
      out += """

        ## \(runs.name)

        \([runs.first.experiment.question, Headline(runs).result].compactMap { $0 }
          .joined(separator: " ").markdownProse)

        [![\(plot.caption)](\(plot.file))](\(runs.name).md)

        """
    }
    return out + again()
  }

  private func table() -> String {
    var table = MarkdownTable([
      .init("Experiment", .left), .init("Weights", .left), .init("Measured on", .left),
      .init("Accuracy"), .init("95 % interval"), .init("Seeds", .left), .init("Budget", .left),
      .init("Wall time"),
    ])
    for all in experiments {
      let runs = all.main
      let tunings = runs.tuningIDs(main: true).last.map { runs.tunings($0) } ?? []
      let kept = tunings.compactMap { $0.stage.keptEpoch }
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
        MedianRange(kept.map(\.accuracy))?.text() ?? "-",
        kept.count == 1
          ? WilsonInterval.text(correct: kept[0].correct, count: kept[0].count) : "-",
        runs.seedText.replacing("seeds ", with: "").replacing("seed ", with: ""),
        last?.budget ?? "-", seconds.durationText,
      ])
    }
    return table.text
  }

  private func legend() -> String {
    """
    Accuracy is that of the definition's own model after its last fine-tuning, with the weights
    that the definition's rule keeps; over several runs median (min-max). Intervals are Wilson's at
    95 %. Where two intervals overlap widely, the pages give a paired test. No seed was chosen for
    its result.

    """
  }

  private func again() -> String {
    """

    ## Again

    ```sh
    retort report          # draws these pages and pictures from records/
    retort report --check  # fails if one of them is not what the records give
    ```

    Each page ends with the command that repeats its run.

    """
  }
}
