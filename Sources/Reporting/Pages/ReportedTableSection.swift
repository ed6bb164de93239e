// The table that an experiment repeats, in its own four columns, with ours and that of the same weights beside it.
import RetortRecords

/// Stands first on the page of an experiment that is compared with a report's epoch table.
struct ReportedTableSection {
  private let runs: ExperimentRuns
  private let tunings: [ExperimentRuns.Tuning]

  init(_ runs: ExperimentRuns, stage id: String) {
    self.runs = runs.main
    tunings = runs.main.tunings(id)
  }

  /// Numbers of one source by epoch: training loss, validation loss, accuracy.
  private struct Side {
    /// Of the columns.
    var name: String
    var model: String
    var rows: [Int: [String]]
  }

  func text() -> String {
    guard !runs.first.hasDistillation, let reported = side(of: .report), let own else { return "" }
    let sides = [reported, own] + [side(of: .measurement)].compactMap { $0 }
    var table = MarkdownTable(
      [.init("Epoch")]
        + sides.flatMap { side in
          ["Training Loss", "Validation Loss", "Accuracy"].map { .init("\(side.name): \($0)") }
        })
    for epoch in Set(sides.flatMap(\.rows.keys)).sorted() {
      let none = [String](repeating: "-", count: 3)
      table.add(["\(epoch)"] + sides.flatMap { $0.rows[epoch] ?? none })
    }
    let models = sides.map { "\($0.name): \($0.model)" }.joined(separator: "; ")
    let several =
      tunings.count > 1 ? " Retort's are medians (min-max) of \(tunings.count) runs." : ""
    return """
      ## The report's table

      \(table.text)
      \("\(models).\(several) Only numbers of the same weights can be expected to agree.")

      """
  }

  private var own: Side? {
    guard let stage = tunings.first?.stage, !stage.epochs.isEmpty, stage.rowUnit == .epoch
    else { return nil }
    var rows: [Int: [String]] = [:]
    for number in Set(tunings.flatMap { $0.stage.epochs.map(\.epoch) }) {
      let epochs = tunings.compactMap { $0.stage.epochs.first { $0.epoch == number } }
      func cell(_ value: (RunRecord.Epoch) -> Double?) -> String {
        MedianRange(epochs.compactMap(value))?.text() ?? "No log"
      }
      rows[number] = [cell(\.trainingLoss), cell(\.validationLoss), cell(\.accuracy)]
    }
    return Side(name: "Retort", model: runs.first.describedModel(of: stage), rows: rows)
  }

  /// The first run with epochs of this task; of a measurement only one of a model of the same size.
  private func side(of kind: Reference.Kind) -> Side? {
    guard let stage = tunings.first?.stage else { return nil }
    for reference in runs.references where reference.kind == kind {
      let run = reference.runs.first { run in
        run.task == stage.task && !run.epochs.isEmpty
          && (kind == .report || run.parameters == stage.parameters.total)
      }
      guard let run else { continue }
      return Side(
        name: run.name, model: run.model,
        rows: Dictionary(
          run.epochs.map { epoch in
            (
              epoch.epoch,
              [epoch.trainingLoss?.text ?? "-", epoch.validationLoss.text, epoch.accuracy.text]
            )
          }, uniquingKeysWith: { first, _ in first }))
    }
    return nil
  }
}
