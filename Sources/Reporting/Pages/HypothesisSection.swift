// What was expected of an experiment, and whether its runs confirm it.
import RetortFormatting
import RetortRecords

struct HypothesisSection {
  /// Runs under the hypothesis that is shown.
  private let runs: ExperimentRuns?
  /// Runs under another one, or under none.
  private let others: [RunRecord]
  private let hypothesis: RunRecord.Hypothesis?
  private let decisions: [ClaimDecision]

  init(_ all: ExperimentRuns) {
    let shown = all.records.lazy.compactMap(\.hypothesis).first
    let records = all.records.filter { $0.hypothesis?.digest == shown?.digest }
    hypothesis = shown
    others = shown == nil ? [] : all.records.filter { $0.hypothesis?.digest != shown?.digest }
    let runs =
      shown == nil
      ? nil : ExperimentRuns(name: all.name, records: records, references: all.references)
    self.runs = runs
    decisions = (shown?.claims ?? []).enumerated().flatMap { place, claim in
      let conditions = (runs?.conditions ?? []).filter { claim.isTaken(in: $0.variant) }
      return conditions.isEmpty
        ? [ClaimDecision(place + 1, claim, in: nil)]
        : conditions.map { ClaimDecision(place + 1, claim, in: $0) }
    }
  }

  /// For a page; empty without a hypothesis.
  func text() -> String {
    guard let hypothesis else { return "" }
    return """
      ## Hypothesis

      \(hypothesis.text.markdownParagraph)

      **\(outcome.rawValue.capitalized)**: \(reason)

      \(table.text)
      \(rule)

      """
  }

  /// For a terminal; nil without a hypothesis.
  func plainText(width: Int?) -> String? {
    guard let hypothesis else { return nil }
    return "Hypothesis: \(hypothesis.text)\n".wrapped(to: width)
      + "\(outcome.rawValue.capitalized): \(reason)\n\n".wrapped(to: width)
      + table.plainText(width: width)
  }

  // MARK: Verdict

  private enum Outcome: String { case confirmed, refuted, undecided }

  /// Of each claim, over all conditions in which it is taken.
  private var verdicts: [ClaimVerdict] {
    (hypothesis?.claims ?? []).indices.map { place in
      let own = decisions.filter { $0.number == place + 1 }.map(\.verdict)
      return own.contains(.refuted)
        ? .refuted : own.contains(.undecided) ? .undecided : .holds
    }
  }

  private var outcome: Outcome {
    verdicts.contains(.refuted)
      ? .refuted : verdicts.contains(.undecided) ? .undecided : .confirmed
  }

  /// "of 3 claims, 2 hold and 1 is undecided."
  private var reason: String {
    let verdicts = verdicts
    func count(_ verdict: ClaimVerdict) -> Int { verdicts.count { $0 == verdict } }
    guard verdicts.count > 1 else {
      switch verdicts.first {
      case .holds?: return "the claim holds."
      case .refuted?: return "the claim is refuted."
      case .undecided?, nil: return "the claim cannot be decided."
      }
    }
    if count(.holds) == verdicts.count { return "all \(verdicts.count) claims hold." }
    let (holding, refuted, open) = (count(.holds), count(.refuted), count(.undecided))
    let parts = [
      holding > 0 ? "\(holding) \(holding == 1 ? "holds" : "hold")" : nil,
      refuted > 0 ? "\(refuted) \(refuted == 1 ? "is" : "are") refuted" : nil,
      open > 0 ? "\(open) \(open == 1 ? "is" : "are") undecided" : nil,
    ].compactMap { $0 }
    return "of \(verdicts.count) claims, "
      + (parts.count == 1
        ? parts[0] : "\(parts.dropLast().joined(separator: ", ")) and \(parts[parts.count - 1])")
      + "."
  }

  // MARK: Claims

  private var hasSettings: Bool { (runs?.conditions.count { $0.variant.ablation == nil } ?? 0) > 1 }

  private var table: MarkdownTable {
    var columns: [MarkdownTable.Column] = [
      .init("Claim", .left), .init("Bound"), .init("Value"), .init("95 % interval"),
      .init("Verdict", .left),
    ]
    if hasSettings { columns.insert(.init("Condition", .left), at: 1) }
    var table = MarkdownTable(columns)
    var last = 0
    for decision in decisions {
      let words = decision.number == last ? "" : "\(decision.number). \(decision.claim.words)"
      last = decision.number
      table.add(
        [words] + (hasSettings ? [decision.setting] : []) + [
          decision.claim.boundText, decision.foundText, decision.intervalText,
          decision.verdictText,
        ])
    }
    return table
  }

  /// How the verdicts come about, and which runs do not count.
  private var rule: String {
    var text = """
      A claim holds if its whole 95 % interval is on the claimed side of the bound, is refuted if the whole interval is on the \
      other side, and is undecided otherwise. The hypothesis is confirmed if every claim holds\
      \(hasSettings ? " in every condition" : ""), refuted if one is refuted, and else undecided. It is the one of the definition \
      that was run. Differences are taken example by example on the same examples; figures of tasks are fractions.
      """
    if (runs?.conditions ?? []).contains(where: { max($0.records.count, $0.planned.count) > 1 }) {
      text += """
         Of runs that differ in seeds alone values are medians (lowest to highest). Their interval is, for a difference on a task, \
        that of the mean difference over the examples; for any other figure it reaches from the lowest end of the runs' \
        intervals to the highest. A claim is undecided until all of these runs are in.
        """
    }
    if !others.isEmpty {
      text +=
        " Runs under another hypothesis, or under none, are not counted: "
        + others.map(ExperimentRuns.label).joined(separator: "; ") + "."
    }
    return text
  }
}
