// What models were measured by besides their tasks, with intervals, and what was said of teachers before their students learned.
import RetortFormatting
import RetortRecords

struct MeasuresSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  /// One measure in every run that has it.
  private struct Entry {
    let measure: RunRecord.Measure
    let record: RunRecord
  }

  private var names: [String] {
    runs.records.flatMap { $0.measures ?? [] }.map(\.name).firstOccurrences
  }

  private func entries(_ name: String) -> [Entry] {
    runs.records.flatMap { record in
      (record.measures ?? []).filter { $0.name == name }.map { Entry(measure: $0, record: record) }
    }
  }

  /// For a page; empty without measures.
  func text() -> String {
    let findings = findings
    guard !names.isEmpty || !findings.isEmpty else { return "" }
    var parts = ["## Measures\n"]
    if !findings.isEmpty {
      parts.append(findings.map { "- \($0)\n".markdownProse }.joined())
    }
    for name in names {
      let entries = entries(name)
      let table = table(entries)
      parts.append("### \(heading(entries[0].measure).markdownProse)\n\n\(table.rows.text)")
      let words = [conditions(entries[0].measure), table.leavesOut ? Self.leftOut : nil]
      parts.append(words.compactMap { $0 }.joined(separator: " ").markdownProse + "\n")
    }
    return parts.joined(separator: "\n")
  }

  /// For a terminal; nil without measures.
  func plainText(width: Int?) -> String? {
    let parts =
      findings.map { "\($0.wrapped(to: width))\n" }
      + names.map { name in
        let entries = entries(name)
        let table = table(entries)
        return "\(heading(entries[0].measure)):\n\n".wrapped(to: width)
          + table.rows.plainText(width: width)
          + (table.leavesOut ? "\n\(Self.leftOut)\n".wrapped(to: width) : "")
      }
    return parts.isEmpty ? nil : parts.joined(separator: "\n")
  }

  private func heading(_ measure: RunRecord.Measure) -> String {
    (measure.name == measure.kind ? "" : "\(measure.name): ") + measure.title
      + " on \(measure.data)"
      + (measure.with.map { ", compared with \($0)" } ?? "")
  }

  /// What was said before students were trained, once where several runs share the stage.
  private var findings: [String] {
    runs.records.flatMap { record in
      (record.teacherChecks ?? []).map { "Before \($0.stage): \($0.finding)." }
    }.firstOccurrences
  }

  private static let leftOut = "A model that several runs share is shown once."

  /// A model that is the same in several runs: made by one stage, or of one origin, with the same figures.
  private struct Shared: Hashable {
    let origin: String
    let figures: [RunRecord.Measure.Figure]
  }

  private static func origin(of model: String, in record: RunRecord) -> String {
    if let stage = record.stages.first(where: { $0.id == model }) { return stage.digest }
    let weights = record.weights.first { $0.name == model }
    return "\(model) \(weights?.digest ?? "") \(weights?.source ?? "")"
  }

  private func table(_ entries: [Entry]) -> (rows: MarkdownTable, leavesOut: Bool) {
    let several = runs.records.count > 1
    let first = entries[0].measure.models.first?.name ?? ""
    var table = MarkdownTable(
      (several ? [.init("Run", .left)] : [])
        + [
          .init("Model", .left), .init("Figure", .left), .init("Value"), .init("95 % interval"),
          .init("Difference to \(first)"), .init("95 % interval"),
        ])
    var shown: Set<Shared> = []
    var leavesOut = false
    func add(_ entry: Entry, _ model: String, _ figures: [RunRecord.Measure.Figure]) {
      let shared = Shared(origin: Self.origin(of: model, in: entry.record), figures: figures)
      guard shown.insert(shared).inserted else {
        leavesOut = true
        return
      }
      for figure in figures {
        let cells = [
          model, figure.name, figure.value.fixed(4), Self.interval(figure.low, figure.high),
          figure.difference.map { Self.signed($0.value) } ?? "-",
          figure.difference.map { Self.signedInterval($0.low, $0.high) } ?? "-",
        ]
        table.add((several ? [ExperimentRuns.label(entry.record)] : []) + cells)
      }
    }
    for entry in entries {
      // A run that lacks the first model has its differences to another, which do not belong in this column.
      let isAlike = entry.measure.models.first?.name == first
      for model in entry.measure.models {
        add(
          entry, model.name,
          isAlike
            ? model.figures
            : model.figures.map {
              .init(name: $0.name, value: $0.value, low: $0.low, high: $0.high)
            })
      }
      add(entry, "the text itself", entry.measure.ofText ?? [])
    }
    return (table, leavesOut)
  }

  private func conditions(_ measure: RunRecord.Measure) -> String {
    let conditions = measure.conditions.map { "; \($0)" }.joined()
    return
      "\(measure.examples.grouped) sequences\(conditions). Differences are taken sequence by sequence on the same text."
  }

  private static func interval(_ low: Double?, _ high: Double?) -> String {
    guard let low, let high else { return "-" }
    return low.fixed(4) + (low < 0 ? " to " : "-") + high.fixed(4)
  }

  private static func signedInterval(_ low: Double?, _ high: Double?) -> String {
    guard let low, let high else { return "-" }
    return "\(signed(low)) to \(signed(high))"
  }

  private static func signed(_ value: Double) -> String {
    (value > 0 ? "+" : "") + value.fixed(4)
  }
}
