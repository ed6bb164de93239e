// What must hold between a hypothesis and what the definition measures and evaluates.
import RetortEvaluation
import RetortOptions
import RetortRecords

extension DefinitionChecks {
  mutating func checkHypothesis() {
    // Where models or stages are wrong, names may well be theirs.
    guard let hypothesis = definition.hypothesis, isWhole else { return }
    let plan = ResolvedPlan(definition)
    for (place, claim) in hypothesis.claims.enumerated() {
      let path = "\(HypothesisDefinition.key).claims.\(place)"
      guard !mistakes.touch(path) else { continue }
      checkSettings(of: claim, at: path)
      if let name = claim.measure {
        check(claim, on: name, at: path, plan)
      } else if let task = claim.task {
        check(claim, onTask: task, at: path, plan)
      }
    }
  }

  /// Both models of a claim, with the keys that name them.
  private func models(_ claim: HypothesisClaim) -> [(key: String, name: String)] {
    [("of", claim.of)] + (claim.than.map { [("than", $0)] } ?? [])
  }

  // MARK: Measures

  private mutating func check(
    _ claim: HypothesisClaim, on name: String, at path: String, _ plan: ResolvedPlan
  ) {
    guard !mistakes.touch(MeasureDefinition.key) else { return }
    guard let measure = definition.measures.first(where: { $0.name == name })?.measure else {
      let known = definition.measures.map(\.name)
      return report(
        "\(path).measure", expected: "a measure of the definition", found: "'\(name)'",
        advice: known.isEmpty
          ? "measures: says what is measured" : Spelling.advice(for: name, among: known))
    }
    let known = plan.models.map(\.name) + plan.stages.map(\.id)
    for (key, model) in models(claim) where !measure.of.contains(model) {
      let isThere = known.contains(model)
      report(
        "\(path).\(key)", expected: "a model or stage that \(name) measures",
        found: "'\(model)'" + (isThere ? ", which it does not" : ""),
        advice: isThere
          ? "measured: \(measure.of.joined(separator: ", "))"
          : Spelling.advice(for: model, among: measure.of))
    }
    let keys = measure.figures.map(\.key)
    guard let figure = claim.figure(of: measure) else {
      guard let figure = claim.figure else {
        return report(
          path, "has no 'figure'", expected: "one of \(keys.joined(separator: ", "))")
      }
      return report(
        "\(path).figure", expected: "a figure of \(name)", found: "'\(figure)'",
        advice: Spelling.advice(for: figure, among: keys))
    }
    check(claim.bound, of: figure.key, in: figure.range, at: path)
  }

  // MARK: Tasks

  private mutating func check(
    _ claim: HypothesisClaim, onTask task: String, at path: String, _ plan: ResolvedPlan
  ) {
    /// The development sets that a stage is evaluated on.
    func sets(_ stage: PlannedStage) -> [String] {
      guard let task = stage.evaluated else { return [] }
      return [task.name] + task.further.map(\.name)
    }
    // A sweep may give a stage another task than is written.
    let swept = definition.sweep.map(\.path).filter { $0.hasSuffix(".task") }
    let known = plan.stages.flatMap(sets).firstOccurrences
    let isSwept = models(claim).contains { model in
      swept.contains { $0.hasPrefix("stages.\(model.name).") }
    }
    guard !isSwept else { return }
    guard known.contains(task) else {
      return report(
        "\(path).task", expected: "a task that a stage is evaluated on", found: "'\(task)'",
        advice: Spelling.advice(for: task, among: known))
    }
    let evaluated = plan.stages.filter { sets($0).contains(task) }
    for (key, name) in models(claim) where !evaluated.contains(where: { $0.id == name }) {
      let isThere = plan.stage(id: name) != nil || plan.model(named: name) != nil
      report(
        "\(path).\(key)", expected: "a stage that is evaluated on \(task)",
        found: "'\(name)'" + (isThere ? ", which is not" : ""),
        advice: isThere
          ? "evaluated on it: \(evaluated.map(\.id).joined(separator: ", "))"
          : Spelling.advice(for: name, among: evaluated.map(\.id)))
    }
    guard let metric = evaluated.first?.evaluated?.leadingMetric else { return }
    check(claim.bound, of: metric.name, in: metric.range, at: path)
  }

  // MARK: Bounds

  /// A bound that no figure can be on the other side of decides nothing.
  private mutating func check(
    _ bound: ClaimBound, of figure: String, in range: ClosedRange<Double>, at path: String
  ) {
    let (low, high) = (range.lowerBound, range.upperBound)
    let ends = { (low: Double, high: Double) in
      high.isFinite
        ? "a number above \(PlainNumber.text(low)) and below \(PlainNumber.text(high))"
        : "a number above \(PlainNumber.text(low))"
    }
    if !bound.kind.isOfDifference {
      guard bound.value <= low || bound.value >= high else { return }
      report(
        "\(path).\(bound.kind.rawValue)", expected: "\(ends(low, high)), as \(figure) is",
        found: PlainNumber.text(bound.value))
    } else if bound.value >= high - low {
      report(
        "\(path).\(bound.kind.rawValue)",
        expected: "a number below \(PlainNumber.text(high - low)), as differences of \(figure) are",
        found: PlainNumber.text(bound.value))
    }
  }

  // MARK: Sweeps

  private mutating func checkSettings(of claim: HypothesisClaim, at path: String) {
    for setting in claim.settings {
      let place = "\(path).\(HypothesisClaim.settingsKey).\(setting.path)"
      let keys = definition.sweep.map(\.path)
      guard let axis = definition.sweep.first(where: { $0.path == setting.path }) else {
        report(
          place, expected: "a key of the sweep", found: "'\(setting.path)'",
          advice: keys.isEmpty
            ? "there is no sweep; to run without the hypothesis: --set \(HypothesisDefinition.key)="
            : Spelling.advice(for: setting.path, among: keys))
        continue
      }
      if setting.isSeed {
        report(place, "is a seed", advice: "leave it out: a claim is decided over all seeds")
      } else if !axis.values.contains(setting.value) {
        report(
          place, expected: "a value that the sweep gives it", found: setting.value,
          advice: "possible here: \(axis.values.joined(separator: ", "))")
      }
    }
  }
}
