// A definition's hypothesis as records and explanations have it.
import RetortEvaluation
import RetortFiles
import RetortRecords

extension ResolvedDefinition {
  /// The hypothesis with nothing found; nil without one.
  /// - Requires: a definition that was checked, with its sweep.
  var recordedHypothesis: RunRecord.Hypothesis? {
    guard let hypothesis else { return nil }
    let plan = ResolvedPlan(self)
    return RunRecord.Hypothesis(
      text: hypothesis.text, digest: SHA256.hexDigest(of: hypothesis.canonicalText),
      claims: hypothesis.claims.map { claim in
        let measure = measures.first { $0.name == claim.measure }?.measure
        let metric = plan.stage(id: claim.of)?.evaluated?.leadingMetric
        return RunRecord.Hypothesis.Claim(
          of: claim.of, than: claim.than, measure: claim.measure, task: claim.task,
          figure: measure.flatMap { claim.figure(of: $0)?.title } ?? metric?.name ?? "",
          bound: claim.bound.kind, value: claim.bound.value,
          settings: claim.settings.isEmpty ? nil : claim.settings)
      })
  }
}

extension HypothesisClaim {
  /// What it is on; nil where the measure has no figure of that name, or has several and none is named.
  func figure(of measure: any Measure) -> FigureKind? {
    guard let figure else { return measure.figures.count == 1 ? measure.figures[0] : nil }
    return measure.figures.first { $0.key == figure }
  }
}

extension TaskSource {
  /// What its models are compared by.
  var leadingMetric: any Metric.Type { metrics.first ?? Accuracy.self }
}
