// What each term of a distillation's loss asks of the student, and what that says about the weights.
import RetortRecords

struct GradientSection {
  private let runs: ExperimentRuns
  private let stages: [StageBreakdowns]

  init(_ runs: ExperimentRuns) {
    self.runs = runs
    stages = runs.stageBreakdowns
  }

  func text() -> String {
    guard !stages.isEmpty else { return "" }
    let cosines = cosineTable
    return """
      ## What the terms of the loss ask for

      \(termTable.text)
      \(caption)
      """ + (cosines.map { "\n\($0.text)\n" } ?? "\n")
        + stages.map { "- \($0.label), \($0.findings.joined(separator: " "))\n" }.joined()
  }

  private var termTable: MarkdownTable {
    var table = MarkdownTable([
      .init("Stage", .left), .init("Term", .left), .init("Raw"), .init("Scaled"), .init("Weight"),
      .init("Weighted"), .init("Gradient norm"), .init("Weighted norm"),
      .init("Share of the pull"),
    ])
    for breakdowns in stages {
      for (index, term) in breakdowns.terms.enumerated() {
        func cell(_ digits: Int, _ value: (StageBreakdowns.Point) -> Double) -> String {
          MedianRange(breakdowns.points.map(value))?.text(digits: digits) ?? "-"
        }
        table.add([
          index == 0 ? breakdowns.label : "", term.name,
          cell(4) { $0.values[index] / breakdowns.scale(of: index, at: $0) },
          cell(4) { $0.values[index] },
          breakdowns.weightText(of: index),
          cell(3) { $0.values[index] * breakdowns.weight(of: index, at: $0) },
          cell(3) { $0.gradientNorms[index] },
          cell(3) { $0.gradientNorms[index] * breakdowns.weight(of: index, at: $0) },
          MedianRange(breakdowns.points.map { 100 * breakdowns.share(of: index, at: $0) })
            .map { "\($0.median.fixed(0)) %" } ?? "-",
        ])
      }
    }
    return table
  }

  private var cosineTable: MarkdownTable? {
    var table = MarkdownTable([
      .init("Stage", .left), .init("Gradients of", .left), .init("Cosine, median (min-max)"),
      .init("at the first account"), .init("at the last"),
    ])
    var isEmpty = true
    for breakdowns in stages {
      for (index, pair) in breakdowns.pairs.enumerated() {
        let cosines = breakdowns.cosines(index)
        table.add([
          index == 0 ? breakdowns.label : "",
          "\(breakdowns.terms[pair.0].name) and \(breakdowns.terms[pair.1].name)",
          MedianRange(cosines)?.signedText ?? "-", cosines.first?.fixed(3) ?? "-",
          cosines.last?.fixed(3) ?? "-",
        ])
        isEmpty = false
      }
    }
    return isEmpty ? nil : table
  }

  private var caption: String {
    let spacings = Set(stages.map(\.every)).sorted().map(\.grouped).joined(separator: " or ")
    return """
      Every \(spacings) steps each term was sent back through the student by itself, on the step's own \
      batches and dropout, before the update: the training is the same to the bit, and the stage's time holds \
      that of the accounts. Median (lowest-highest) over the accounts. Raw is the term itself, scaled with T² \
      where there is a temperature, weighted as it is minimised. Norms are over all trained parameters, before \
      clipping; the pull is a term's weighted norm beside those of the others.

      """
  }
}

extension MedianRange {
  /// With words in place of the dash: values may be negative.
  fileprivate var signedText: String {
    count > 1
      ? "\(median.fixed(3)) (\(minimum.fixed(3)) to \(maximum.fixed(3)))" : median.fixed(3)
  }
}
