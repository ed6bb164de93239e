// The points of a sweep summed up: repetitions as median and range, settings beside each other.

struct SweepSection {
  private let runs: ExperimentRuns
  /// Ablations have a table of their own.
  private let conditions: [ExperimentRuns.Condition]

  init(_ runs: ExperimentRuns) {
    self.runs = runs
    conditions = runs.conditions.filter { $0.variant.ablation == nil }
  }

  private var isAskedFor: Bool {
    conditions.count > 1 || conditions.contains { $0.planned.count > 1 }
  }

  func text() -> String {
    let sweeps = sweeps
    return sweeps.map { sweep in
      let split = sweeps.count > 1 ? ", \(sweep.data)" : ""
      return "## Sweep\(split)\n\n\(sweep.table.text)\n\(caption(sweep))"
    }.joined(separator: "\n")
  }

  /// For a terminal; nil for a definition that is run once.
  func plainText(width: Int?) -> String? {
    let sweeps = sweeps
    guard !sweeps.isEmpty else { return nil }
    return sweeps.map { "Sweep, on \($0.data):\n\n\($0.table.plainText(width: width))" }
      .joined(separator: "\n")
  }

  private struct Sweep {
    var table: MarkdownTable
    var data: String
    /// What the rows are compared with, and what it is called in a sentence.
    var reference: MeasuredModel
    var referenceTitle: String
    /// A single row has nothing to differ from.
    var compares: Bool
  }

  private var sweeps: [Sweep] {
    isAskedFor ? runs.comparedSplits.compactMap(sweep) : []
  }

  private func sweep(on data: String) -> Sweep? {
    guard let first = conditions.first(where: { $0.ownModel(on: data) != nil }),
      let reference = first.ownModel(on: data)
    else { return nil }
    let several = conditions.count > 1
    let isSeveral = conditions.flatMap { $0.models(on: data) }.count > 1
    // The epochs' table has the median of repetitions already.
    guard isSeveral || runs.missing.contains(where: { $0.ablation == nil }) else { return nil }
    var columns: [MarkdownTable.Column] = [
      .init("Model", .left), .init("Runs"), .init(reference.metric.title), .init("95 % interval"),
    ]
    if several { columns.insert(.init("Setting", .left), at: 0) }
    if isSeveral { columns += PairedDifference.columns(to: reference.title, in: reference.metric) }
    func cells(_ difference: PairedDifference?) -> [String] {
      isSeveral ? PairedDifference.cells(difference, in: reference.metric) : []
    }
    var table = MarkdownTable(columns)
    for condition in conditions {
      let setting = several ? [condition.title] : []
      let models = condition.models(on: data)
      if models.isEmpty {
        table.add(setting + [reference.title, condition.countText, "-", "-"] + cells(nil))
      }
      for model in models {
        let isReference = condition.variant == first.variant && model.stage == reference.stage
        let difference = isReference ? nil : PairedDifference(model, reference)
        table.add(
          setting + [
            model.title, condition.countText, model.valueText, model.intervalText,
          ] + cells(difference))
      }
    }
    return Sweep(
      table: table, data: data, reference: reference,
      referenceTitle: several ? "the \(reference.title) of \(first.title)" : reference.title,
      compares: isSeveral)
  }

  private func caption(_ sweep: Sweep) -> String {
    let count = sweep.reference.measurements.first?.evaluation.count ?? 0
    var text = """
      \(sweep.reference.metric.title) on \(sweep.data), \(count.grouped) examples, with the weights of the epoch that was kept: over \
      runs that differ in seeds alone the median (lowest-highest), of a single run with \(sweep.reference.metric.intervalWords) \
      interval. No run was chosen or left out for its result.\
      \(sweep.compares ? " \(PairedDifference.rule(against: sweep.referenceTitle, in: sweep.reference.metric))" : "")

      """
    let missing = runs.missing.filter { $0.ablation == nil }
    if !missing.isEmpty {
      text += "\nNot run yet: \(missing.map(\.point).joined(separator: "; ")).\n"
    }
    return text
  }
}
