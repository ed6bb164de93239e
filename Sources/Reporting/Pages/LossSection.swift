// What each stage minimised, and how far it came.
import RetortRecords

struct LossSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  func text() -> String {
    let stages = runs.distinctStages.filter { !$0.stage.curve.points.isEmpty }
    guard !stages.isEmpty else { return "" }
    var table = MarkdownTable([
      .init("Stage", .left), .init("Loss term", .left), .init("First window"), .init("to step"),
      .init("Last window"), .init("to step"),
    ])
    for entry in stages {
      let points = entry.stage.curve.points
      guard let first = points.first, let last = points.last else { continue }
      let terms = RunRecord.LossCurve.termNames(of: [entry.stage.curve])
      // One term with weight 1 is the total.
      let single = terms.count == 1 && first.terms[terms[0]] == first.total
      let names = single ? terms : terms + ["weighted sum"]
      for (index, name) in names.enumerated() {
        func value(_ point: RunRecord.LossCurve.Point) -> String {
          let value = name == "weighted sum" ? point.total : point.terms[name]
          return value?.fixed(4) ?? "-"
        }
        table.add([
          index == 0 ? runs.label(of: entry) : "", name, value(first), first.step.grouped,
          value(last),
          last.step.grouped,
        ])
      }
    }
    var out = "## Losses\n\n" + table.text + "\n"
    out +=
      "Means over a window of steps without the weights\(Self.scales(stages.map(\.stage.curve))); "
      + "the weighted sum is what was minimised.\n\n"
    // Stages with the same objective share a line.
    var lines: [(text: String, ids: [String])] = []
    for stage in stages.map(\.stage) {
      let text =
        (stage.curve.window == 1
          ? "every step" : "windows of \(stage.curve.window.grouped) steps")
        + "; \(stage.loss); learning rate "
        + stage.learningRate
      if let index = lines.firstIndex(where: { $0.text == text }) {
        if !lines[index].ids.contains(stage.id) { lines[index].ids.append(stage.id) }
      } else {
        lines.append((text, [stage.id]))
      }
    }
    out += lines.map { "- \($0.ids.joined(separator: ", ")): \($0.text).\n" }.joined()
    return out
  }

  /// The factors that the terms' values have in them. Earlier records do not say; their only one was that of soft targets.
  private static func scales(_ curves: [RunRecord.LossCurve]) -> String {
    guard curves.allSatisfy({ $0.scales != nil }) else { return ", soft targets with their T²" }
    var texts: [String] = []
    for scale in curves.flatMap({ $0.scales ?? [] }) {
      let text =
        scale.changes.map { ", \(scale.term) with the square of its \(scale.option), \($0)" }
        ?? ", \(scale.term) with its factor \(scale.factor.significant(6)) "
        + "(\(scale.option) \(scale.value.significant(6)))"
      if !texts.contains(text) { texts.append(text) }
    }
    return texts.joined()
  }
}
