// What each part of a distillation is worth: one row for each that was left out, as in the paper's Table 4.
import RetortRecords

struct AblationSection {
  private let runs: ExperimentRuns

  init(_ runs: ExperimentRuns) { self.runs = runs }

  /// The paper's names of its rows, by what is left out.
  private static let titles = [
    "soft_targets": "without the soft-target loss", "cosine": "without the cosine loss",
    "masked_lm": "without masked LM",
    RunRecord.Variant.initialization: "with random initialisation",
  ]

  /// - Parameter variant: with something left out.
  static func title(of variant: RunRecord.Variant) -> String? {
    variant.ablation.map { titles[$0] ?? "without \(variant.ablationTitle ?? $0)" }
  }

  func text() -> String {
    let groups = groups
    return groups.map { group in
      "## \(heading(group, of: groups))\n\n\(group.table.text)\n\(caption(group))"
    }.joined(separator: "\n")
  }

  /// For a terminal; nil if nothing was left out.
  func plainText(width: Int?) -> String? {
    let groups = groups
    guard !groups.isEmpty else { return nil }
    return groups.map { "\(heading($0, of: groups)):\n\n\($0.table.plainText(width: width))" }
      .joined(separator: "\n")
  }

  private func heading(_ group: Group, of groups: [Group]) -> String {
    let splits = Set(groups.map(\.data)).count > 1 ? [group.data] : []
    let settings = Set(groups.map(\.title)).count > 1 ? [group.title] : []
    return (["Ablation"] + settings + splits).joined(separator: ", ")
  }

  // MARK: The tables

  /// The full loss and what was left out of it, under the same settings.
  private struct Group {
    /// Of the settings.
    var title: String
    var table: MarkdownTable
    var data: String
    var count: Int
    /// What is compared.
    var metric: ShownMetric
    var missing: [RunRecord.Variant]
  }

  private var groups: [Group] {
    runs.comparedSplits.flatMap(groups)
  }

  private func groups(on data: String) -> [Group] {
    let conditions = runs.conditions
    let ablations = conditions.filter { $0.variant.ablation != nil }
    let missing = runs.missing
    var groups: [Group] = []
    for full in conditions where full.variant.ablation == nil {
      let parts = ablations.filter { $0.variant.settings == full.variant.settings }
      guard !parts.isEmpty else { continue }
      let all = [full] + parts
      let known = all.compactMap { $0.ownModel(on: data)?.measurements.first }
      groups.append(
        Group(
          title: full.title, table: table(full: full, parts: parts, on: data), data: data,
          count: known.first?.evaluation.count ?? 0,
          metric: known.first.map { .leading(of: $0.stage, in: $0.record) } ?? .accuracy,
          missing: missing.filter { variant in all.contains { $0.planned.contains(variant) } }))
    }
    return groups
  }

  private func table(
    full: ExperimentRuns.Condition, parts: [ExperimentRuns.Condition], on data: String
  ) -> MarkdownTable {
    let paper = paperChanges
    let reference = full.ownModel(on: data)
    let metric =
      (reference ?? parts.lazy.compactMap { $0.ownModel(on: data) }.first)?.metric ?? .accuracy
    var table = MarkdownTable(
      [
        .init("Distilled", .left), .init("Runs"), .init(metric.title), .init("95 % interval"),
      ] + PairedDifference.columns(to: "the full loss", called: "full loss", in: metric)
        + (paper == nil ? [] : [.init("Paper's Table 4")]))
    for condition in [full] + parts {
      let title = Self.title(of: condition.variant) ?? "with the full loss"
      let own = condition.ownModel(on: data)
      var cells = [title, condition.countText, own?.valueText ?? "-", own?.intervalText ?? "-"]
      let isPart = condition.variant.ablation != nil
      let difference = own.flatMap { own in
        reference.flatMap { isPart ? PairedDifference(own, $0) : nil }
      }
      cells += PairedDifference.cells(difference, in: metric)
      if let paper { cells.append(paper[title] ?? "-") }
      table.add(cells)
    }
    return table
  }

  /// The paper's changes by its rows' names, where the definition asks for it to be laid beside.
  private var paperChanges: [String: String]? {
    let table = runs.references.first { $0.id == "sanh-2019" }?.tables.first { $0.id == "t4" }
    return table.map { table in
      Dictionary(
        table.rows.filter { $0.count == 2 }.map { ($0[0], $0[1]) }, uniquingKeysWith: { $1 })
    }
  }

  private func caption(_ group: Group) -> String {
    var text = """
      Each row is the whole experiment with one thing left out of its distillation: what comes before \
      is shared, what comes after is run again on each. \(group.metric.title) on \(group.data), \
      \(group.count.grouped) examples, with the weights of the epoch that was kept; of several runs \
      the median (lowest-highest). \(PairedDifference.rule(against: "the full loss", in: group.metric))

      """
    if paperChanges != nil {
      text += """

        The paper's column is the change of its GLUE score, of other models after a far longer \
        distillation: only signs and order can be held against it.

        """
    }
    if !group.missing.isEmpty {
      text += "\nNot run yet: \(group.missing.map(\.point).joined(separator: "; ")).\n"
    }
    return text
  }
}
