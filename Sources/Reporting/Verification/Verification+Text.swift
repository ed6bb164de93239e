// A verification for a terminal.
import RetortFormatting
import RetortRecords

extension Verification {
  /// Verdicts with their bands, sources and reasons; ends in a newline.
  /// - Parameter width: of the terminal; nil for any.
  public func text(width: Int? = nil) -> String {
    guard !comparisons.isEmpty else {
      return """
        \(experiment): nothing comparable: no published run has epochs of a task that this record \
        was fine-tuned on, on the same examples

        """
    }
    return comparisons.map { Self.text($0, width: width) }.joined(separator: "\n")
      + "\n\(summary)\n"
  }

  /// The count of each verdict.
  public var summary: String {
    var parts = ["\(count(.inside)) inside", "\(count(.outside)) outside"]
    if count(.noBand) > 0 { parts.append("\(count(.noBand)) without a band") }
    let total = comparisons.reduce(0) { $0 + $1.figures.count }
    return "\(experiment): \(parts.joined(separator: ", ")) of \(total) figures"
  }

  private static func text(_ comparison: Comparison, width: Int?) -> String {
    var lines = [
      "\(comparison.stage) (\(comparison.title)) beside \(comparison.published)",
      "  \(comparison.runs) run\(comparison.runs == 1 ? "" : "s"), from "
        + comparison.references.joined(separator: ", "),
    ]
    lines.append(
      comparison.sameWeights
        ? "  the same weights: figures are expected to agree"
        : "  not the same weights: figures cannot be expected to agree")
    lines += comparison.differences.map { "  \($0)" }
    if comparison.sameWeights {
      lines.append("  another program; other random numbers, unless the definition replays a run's")
    }
    let spreads = Set(
      comparison.figures.compactMap(\.band).filter { $0.basis == .spread }.map(\.runs))
    for count in spreads.sorted(by: >) {
      lines.append(
        "  of \(count + 1) equal runs, one is the lowest and one the highest: each figure of a right "
          + "run lies outside a band of \(count) with a chance of 2 in \(count + 1)")
    }
    var table = MarkdownTable([
      .init("Epoch"), .init("Figure", .left), .init("Here"), .init("Band"), .init("Of", .left),
      .init("Verdict", .left),
    ])
    for held in comparison.figures {
      table.add([
        "\(held.epoch)", held.figure.title, held.value.fixed(4), held.band?.text ?? "-",
        held.band?.basisText ?? (held.runs == 1 ? "1 run" : "\(held.runs) runs"),
        held.verdict.rawValue,
      ])
    }
    return lines.joined(separator: "\n").wrapped(to: width) + "\n\n" + table.plainText(width: width)
  }
}

extension RunRecord {
  /// What the references claim, with what was measured here, and where they contradict themselves; for
  /// a terminal, empty if they do neither.
  public func claimsText(of references: [Reference], width: Int? = nil) -> String {
    let section = ClaimsSection(
      ExperimentRuns(name: experiment.name, records: [self], references: references))
    return [
      section.claims.map { "Claims of the references:\n\n\($0.plainText(width: width))" },
      section.contradictions.map {
        "The references, read with care:\n\n\($0.plainText(width: width))"
      },
    ].compactMap { $0 }.joined(separator: "\n")
  }
}
