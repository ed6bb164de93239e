// A definition's sweep and ablation written out: a whole definition for each of their points.
import RetortOptions
import RetortRecords

/// Every combination of the sweep's values, and under each of them everything that the ablation leaves out.
///
/// Seeds change slowest, and the full loss comes before what is left out of it: whatever has been run when a
/// run is stopped is a table in which rows can be compared.
struct VariantExpansion {
  /// Each point is an experiment: more of them would be a mistake.
  static let largestCount = 256
  /// Of the name of a run's folder, which is followed by `.json` in records.
  static let longestName = 200

  private(set) var variants: [DefinitionVariant] = []
  private(set) var diagnostics: [Diagnostic] = []

  private let whole: DefinitionResolution
  private let tree: DefinitionNode
  private let overrides: [String]
  private let context: DefinitionContext
  private let hypothesis: RunRecord.Hypothesis?

  /// One value of one key of the sweep.
  private struct Choice {
    let axis: Int
    let value: DefinitionNode
  }

  /// - Parameters:
  ///   - whole: the definition itself, found right.
  ///   - tree: what it was resolved from: overrides applied, nothing filled in.
  init(
    _ whole: DefinitionResolution, tree: DefinitionNode, overrides: [String],
    context: DefinitionContext
  ) {
    self.whole = whole
    self.tree = tree
    self.overrides = overrides
    self.context = context
    hypothesis = whole.definition.recordedHypothesis
    guard !axes.isEmpty || !whole.definition.ablate.isEmpty else {
      variants = [
        DefinitionVariant(
          point: nil, definition: whole.definition, filledValues: whole.filledValues,
          hypothesis: hypothesis)
      ]
      return
    }
    checkCount()
    guard diagnostics.isEmpty else { return }
    for axis in axes { check(axis) }
    guard diagnostics.isEmpty else { return }
    writeOut()
    guard diagnostics.isEmpty else { return }
    checkDistinct()
  }

  private var axes: [DefinitionEntry] { tree["sweep"]?.entries ?? [] }

  /// Where the sweep, or the ablation if there is none, was written.
  private var origin: Origin {
    tree["sweep"]?.origin ?? tree["ablate"]?.origin ?? tree.origin
  }

  // MARK: Single keys

  private mutating func checkCount() {
    let most = Self.largestCount
    // No product of what a definition can hold is too large for this.
    let count = axes.reduce(1 + whole.definition.ablate.count) {
      min(1_000_000, $0 * ($1.value.items?.count ?? 1))
    }
    if count > most {
      diagnostics.append(
        Diagnostic(
          origin, "sweep and ablate", expected: "at most \(most) points together",
          found: count < 1_000_000 ? "\(count)" : "a million or more",
          advice: "sweep fewer keys at a time"))
    }
  }

  /// Keys of names and comparisons, which change no result.
  private static let idle = [
    "format", "name", "question", "budget", "sweep", "ablate", "baselines", "compare_with",
    MeasureDefinition.key, HypothesisDefinition.key,
  ]

  /// Each value must make a whole definition of its own.
  private mutating func check(_ axis: DefinitionEntry) {
    let parts = axis.key.split(separator: ".").map(String.init)
    if Self.idle.contains(parts.first ?? "") || parts.first == "stages" && parts.last == "id" {
      diagnostics.append(
        Diagnostic(
          axis.keyOrigin, "sweep.\(axis.key) changes no result",
          expected: "a key of models, stages or the seed"))
      return
    }
    // One of the two would be lost without a word.
    if let option = overrides.last(where: { $0.hasPrefix("\(axis.key)=") }) {
      diagnostics.append(
        Diagnostic(
          .option(option), "the sweep sets \(axis.key) too",
          advice: "leave the option out, or run without the sweep: --set sweep="))
    }
    let values = axis.value.items ?? []
    for (place, value) in values.enumerated() {
      let text = FilledValues.text(value)
      if values.prefix(place).contains(where: { FilledValues.text($0) == text }) {
        diagnostics.append(
          Diagnostic(
            value.origin, "sweep.\(axis.key): \(text) is given twice", advice: "keep one of them"))
        continue
      }
      var variant = tree
      variant["sweep"] = nil
      // Its claims may name values of the sweep.
      variant[HypothesisDefinition.key] = nil
      if let problem = DefinitionPath.set(
        axis.key, to: value, in: &variant, origin: axis.keyOrigin)
      {
        diagnostics.append(problem)
        return
      }
      // What was right before can only be wrong because of the value.
      diagnostics += DefinitionResolution.resolve(variant, context: context).diagnostics.map {
        $0.moved(to: value.origin, under: "sweep value \(text)")
      }
    }
  }

  // MARK: All points

  private mutating func writeOut() {
    let axes = axes
    let ablations = tree["ablate"].map { $0.items ?? [$0] } ?? []
    let seeds = axes.indices.filter { Self.setting(axes[$0], axes[$0].value).isSeed }
    let others = axes.indices.filter { !seeds.contains($0) }
    var points: [[Choice]] = [[]]
    for axis in seeds + others {
      points = points.flatMap { point in
        (axes[axis].value.items ?? []).map { point + [Choice(axis: axis, value: $0)] }
      }
    }
    for point in points {
      let choices = point.sorted { $0.axis < $1.axis }
      guard let full = add(choices, origin: origin) else { continue }
      for (ablation, node) in zip(whole.definition.ablate, ablations) {
        add(choices, without: (ablation, full), origin: node.origin)
      }
    }
  }

  private static func setting(
    _ axis: DefinitionEntry, _ value: DefinitionNode
  ) -> RunRecord.Variant.Setting {
    RunRecord.Variant.Setting(path: axis.key, value: FilledValues.text(value))
  }

  /// Adds the variant of a point.
  /// - Parameter ablation: what is left out, and of which definition.
  /// - Returns: its definition; nil after a mistake.
  @discardableResult
  private mutating func add(
    _ choices: [Choice], without ablation: (what: Ablation, full: ResolvedDefinition)? = nil,
    origin: Origin
  ) -> ResolvedDefinition? {
    let axes = axes
    let point = RunRecord.Variant(
      settings: choices.map { Self.setting(axes[$0.axis], $0.value) },
      ablation: ablation?.what.rawValue, ablationTitle: ablation?.what.title)
    var variant = tree
    variant["sweep"] = nil
    variant["ablate"] = nil
    HypothesisDefinition.narrow(&variant, to: point)
    var edits = choices.map { (path: axes[$0.axis].key, value: $0.value) }
    if let ablation {
      // Baselines are those of the full loss.
      variant["baselines"] = nil
      MeasureDefinition.leaveOutBaselines(in: &variant)
      edits += ablation.what.edits(in: ablation.full, origin: origin)
    }
    var problems: [Diagnostic] = []
    for edit in edits {
      if let problem = DefinitionPath.set(
        edit.path, to: edit.value, in: &variant, origin: origin)
      {
        problems.append(problem)
      }
    }
    let resolution = DefinitionResolution.resolve(variant, context: context, after: problems)
    diagnostics += resolution.diagnostics.map { $0.moved(to: origin, under: point.point) }
    guard let result = resolution.result else { return nil }
    variants.append(
      DefinitionVariant(
        point: point, definition: result.definition, filledValues: result.filledValues,
        hypothesis: hypothesis))
    return result.definition
  }

  // MARK: Comparing points

  /// Points that compute the same would be counted twice in every median, and those that are called alike
  /// would take each other's records' places.
  private mutating func checkDistinct() {
    let plans = variants.map { ResolvedPlan($0.definition) }
    let facts = DigestFacts.standingIn(for: plans)
    var known: [(title: String, name: String, stages: [String])] = []
    for (variant, plan) in zip(variants, plans) {
      let (title, name) = (variant.title, variant.runName)
      if name.utf8.count > Self.longestName {
        report(
          "the point \(title)", expected: "a name of at most \(Self.longestName) characters",
          found: "\(name.utf8.count)", advice: "sweep fewer keys, or shorter values")
      }
      let digests = try? PlanDigests(plan, facts, steps: plan.steps)
      let stages = variant.definition.allStages.compactMap { digests?.stages[$0.id] }
      if !stages.isEmpty, let same = known.first(where: { $0.stages == stages }) {
        report(
          "the points \(same.title) and \(title) compute the same", advice: "keep one of them")
      } else if let same = known.first(where: { $0.name == name }) {
        report(
          "the points \(same.title) and \(title) would both be called \(name)",
          advice: "write one of the values differently")
      }
      known.append((title, name, stages))
    }
  }

  private mutating func report(
    _ problem: String, expected: String? = nil, found: String? = nil, advice: String
  ) {
    diagnostics.append(
      Diagnostic(origin, problem, expected: expected, found: found, advice: advice))
  }
}

extension Diagnostic {
  /// The same mistake, reported at the line that caused it.
  fileprivate func moved(to origin: Origin, under name: String) -> Diagnostic {
    Diagnostic(
      origin, "\(name): \(problem)", expected: expected, found: found, advice: advice)
  }
}
