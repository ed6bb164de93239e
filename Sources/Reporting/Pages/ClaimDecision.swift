// What the runs of one condition say of a claim of the hypothesis.
import RetortEvaluation
import RetortFormatting
import RetortRecords

enum ClaimVerdict: String {
  case holds, refuted, undecided
}

extension RunRecord.Hypothesis.Claim {
  /// The rule: the whole interval on the claimed side, or the whole of it on the other.
  func verdict(_ interval: ConfidenceInterval) -> ClaimVerdict {
    let (low, high) = (interval.low, interval.high)
    let (holds, isRefuted) =
      switch bound {
      case .atLeast, .moreBy: (low > value, high < value)
      case .atMost: (high < value, low > value)
      case .lessBy: (high < -value, low > -value)
      case .within: (low > -value && high < value, low > value || high < -value)
      }
    return holds ? .holds : isRefuted ? .refuted : .undecided
  }

  /// The bound on what is found: `> +0.05`.
  var boundText: String {
    switch bound {
    case .atLeast: "≥ \(valueText)"
    case .atMost: "≤ \(valueText)"
    case .moreBy: value == 0 ? "> 0" : "> +\(valueText)"
    case .lessBy: value == 0 ? "< 0" : "< -\(valueText)"
    case .within: "-\(valueText) to +\(valueText)"
    }
  }
}

/// A claim in one condition, decided over all runs of it.
struct ClaimDecision {
  /// Of the hypothesis, counted from 1.
  let number: Int
  let claim: RunRecord.Hypothesis.Claim
  /// What the condition is called beside others.
  let setting: String
  /// One a run.
  let values: [Double]
  let interval: ConfidenceInterval?
  let verdict: ClaimVerdict
  /// Why nothing can be decided, where no interval says it.
  let reason: String?

  /// - Parameter condition: nil where the claim is taken in no condition that there is.
  init(
    _ number: Int, _ claim: RunRecord.Hypothesis.Claim, in condition: ExperimentRuns.Condition?
  ) {
    self.number = number
    self.claim = claim
    setting = condition?.title ?? "-"
    let runs = condition?.records.count ?? 0
    guard let condition, runs > 0 else {
      (values, interval, verdict, reason) = ([], nil, .undecided, "no run")
      return
    }
    let found =
      claim.task.map { Self.found(claim, onTask: $0, in: condition) }
      ?? Self.measured(claim, in: condition)
    values = found.values
    interval = found.interval
    if values.count < runs {
      (verdict, reason) = (.undecided, values.isEmpty ? "not measured" : "not in every run")
    } else if condition.planned.count > runs {
      (verdict, reason) = (.undecided, "\(runs) of \(condition.planned.count) runs")
    } else if let interval = found.interval, interval.low < interval.high {
      (verdict, reason) = (claim.verdict(interval), nil)
    } else {
      // Of models that answer alike on every example the bootstrap knows no other difference than 0.
      (verdict, reason) = (.undecided, "no interval")
    }
  }

  private typealias Finding = (values: [Double], interval: ConfidenceInterval?)

  private static func measured(
    _ claim: RunRecord.Hypothesis.Claim, in condition: ExperimentRuns.Condition
  ) -> Finding {
    let found = condition.records.compactMap {
      $0.hypothesis?.claims.first(where: claim.isSame)?.found
    }
    return (
      found.map(\.value),
      spanning(
        found.map { one in
          one.low.flatMap { low in one.high.map { ConfidenceInterval(low: low, high: $0) } }
        })
    )
  }

  private static func found(
    _ claim: RunRecord.Hypothesis.Claim, onTask task: String,
    in condition: ExperimentRuns.Condition
  ) -> Finding {
    let metric = ShownMetric(named: claim.figure)
    guard let own = condition.model(claim.of, onTask: task) else { return ([], nil) }
    guard let than = claim.than else {
      let known = own.measurements.compactMap { run in
        run.value(of: metric).map {
          (value: $0, interval: metric.confidence(of: run.evaluation, in: run.record))
        }
      }
      return (known.map(\.value), spanning(known.map(\.interval)))
    }
    guard let other = condition.model(than, onTask: task),
      let difference = PairedDifference(own, other, in: metric)
    else { return ([], nil) }
    return (difference.points.map { $0 / 100 }, difference.interval)
  }

  /// From the lowest end to the highest; nil where one is missing.
  private static func spanning(_ intervals: [ConfidenceInterval?]) -> ConfidenceInterval? {
    let known = intervals.compactMap { $0 }
    guard known.count == intervals.count, let low = known.map(\.low).min(),
      let high = known.map(\.high).max()
    else { return nil }
    return ConfidenceInterval(low: low, high: high)
  }

  // MARK: Cells

  /// The median, with the lowest and the highest of several runs.
  var foundText: String {
    guard let range = MedianRange(values) else { return "-" }
    let median = text(range.median)
    return range.minimum == range.maximum
      ? median : "\(median) (\(text(range.minimum)) to \(text(range.maximum)))"
  }

  var intervalText: String {
    interval.map { "\(text($0.low)) to \(text($0.high))" } ?? "-"
  }

  var verdictText: String { verdict.rawValue + (reason.map { " (\($0))" } ?? "") }

  private func text(_ value: Double) -> String {
    claim.bound.isOfDifference ? value.signed(4) : value.fixed(4)
  }
}

extension RunRecord.Hypothesis.Claim {
  /// Whether it claims the same, whatever was found.
  fileprivate func isSame(as other: Self) -> Bool {
    var (own, theirs) = (self, other)
    (own.found, theirs.found) = (nil, nil)
    return own == theirs
  }
}

extension ExperimentRuns.Condition {
  /// A stage's model with the weights that were kept, on the development set of a task, in every run.
  fileprivate func model(_ stage: String, onTask task: String) -> MeasuredModel? {
    func model(on data: String) -> MeasuredModel? {
      models(on: data).first { $0.stage == stage }
    }
    if let own = model(on: "\(task) dev") { return own }
    // It may be a further set of the stage's task.
    return records.flatMap(\.stages).lazy.filter { $0.id == stage }
      .compactMap { $0.keptEvaluation?.data }.compactMap(model)
      .compactMap { model in model.further.first { $0.task == task }?.model }.first
  }
}
