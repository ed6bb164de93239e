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
    guard let tables else { return "" }
    return "## Sweep\n\n\(tables.table.text)\n\(caption(tables))"
  }

  /// For a terminal; nil for a definition that is run once.
  var plainText: String? { tables.map { "Sweep, on \($0.data):\n\n\($0.table.plainText)" } }

  private var tables:
    (
      table: MarkdownTable, reference: MeasuredModel, data: String, compares: Bool
    )?
  {
    guard isAskedFor, let data = runs.comparedData,
      let reference = conditions.lazy.compactMap({ $0.ownModel(on: data) }).first
    else { return nil }
    let several = conditions.count > 1
    // A single row has nothing to differ from.
    let compares = conditions.flatMap { $0.models(on: data) }.count > 1
    var table = MarkdownTable(
      (several ? [.init("Setting", .left)] : []) + [
        .init("Model", .left), .init("Runs"), .init("Accuracy"), .init("95 % interval"),
      ]
        + (compares
          ? [
            .init("Difference to \(reference.title)"), .init("95 % interval of it"),
            .init("Only this right"), .init("Only the other right"), .init("McNemar p"),
          ] : []))
    let none = compares ? PairedDifference.noCells : []
    var isReference = true
    for condition in conditions {
      let setting = several ? [condition.title] : []
      let models = condition.models(on: data)
      if models.isEmpty {
        table.add(setting + [reference.title, condition.countText, "-", "-"] + none)
      }
      for model in models {
        let difference = isReference ? nil : PairedDifference(model, reference)
        isReference = false
        table.add(
          setting + [
            model.title, condition.countText, model.accuracyText, model.intervalText,
          ] + (difference?.cells ?? none))
      }
    }
    return (table, reference, data, compares)
  }

  private func caption(
    _ tables: (table: MarkdownTable, reference: MeasuredModel, data: String, compares: Bool)
  ) -> String {
    let (reference, data) = (tables.reference, tables.data)
    let count = reference.measurements.first?.evaluation.count ?? 0
    let first = conditions.count > 1 ? "the \(reference.title) of the first row" : reference.title
    var text = """
      Accuracy on \(data), \(count.grouped) examples, with the weights of the epoch that was kept: over \
      runs that differ in seeds alone the median (lowest-highest), of a single run with Wilson's \
      interval. No run was chosen or left out for its result.\
      \(tables.compares ? " \(PairedDifference.rule(against: first))" : "")

      """
    let missing = runs.missing.filter { $0.ablation == nil }
    if !missing.isEmpty {
      text += "\nNot run yet: \(missing.map(\.point).joined(separator: "; ")).\n"
    }
    return text.markdownProse
  }
}
