// What a run's measures say of its hypothesis.
import RetortEvaluation
import RetortRecords

extension MeasureRunner {
  /// The hypothesis, with what its claims on measures are decided by.
  /// - Parameters:
  ///   - point: of the sweep, that is run; nil for a definition that is run once.
  ///   - measures: that were taken.
  func found(
    for hypothesis: RunRecord.Hypothesis?, at point: RunRecord.Variant?,
    in measures: [PlannedMeasure]
  ) throws -> RunRecord.Hypothesis? {
    guard var hypothesis else { return nil }
    for place in hypothesis.claims.indices where hypothesis.claims[place].isTaken(in: point) {
      hypothesis.claims[place].found = try found(for: hypothesis.claims[place], in: measures)
    }
    return hypothesis
  }

  /// Nil for a claim on a task, for a model that was not measured, and where it has no such figure.
  private func found(
    for claim: RunRecord.Hypothesis.Claim, in measures: [PlannedMeasure]
  ) throws -> RunRecord.Hypothesis.Found? {
    guard let planned = measures.first(where: { $0.name == claim.measure }) else { return nil }
    func estimate(_ model: String) throws -> Estimate? {
      guard let input = planned.of.first(where: { $0.name == model }) else { return nil }
      return try figures(planned, of: [input])[0].first { $0.name == claim.figure }?.estimate
    }
    guard let own = try estimate(claim.of) else { return nil }
    guard let other = claim.than else {
      let interval = own.interval
      return .init(value: own.value, low: interval?.low, high: interval?.high)
    }
    guard let theirs = try estimate(other), own.isPaired(with: theirs) else { return nil }
    let (difference, interval) = own.difference(from: theirs)
    return .init(value: difference, low: interval?.low, high: interval?.high)
  }
}
