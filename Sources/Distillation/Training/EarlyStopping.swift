// Ending a training that no longer gets better.

/// Ends a training after so many evaluations in a row that did not improve what chooses the best weights.
///
/// An evaluation improves where it is better than the best one before it, by more than the threshold. The best one
/// is that of the weights that are kept: an evaluation that is better by less than the threshold is kept and does
/// not improve. The learning rate remains that of the planned steps.
/// - Source: transformers 4.44.2 `EarlyStoppingCallback`. Only a metric that is not a number at first is treated in
///   another way: the first number after it improves.
public struct EarlyStopping: Sendable, Equatable {
  /// Evaluations in a row.
  public var patience: Int
  /// An improvement is larger than this, in the metric's own unit.
  public var threshold: Double

  public init(patience: Int, threshold: Double = 0) {
    precondition(
      patience > 0 && threshold >= 0, "a patience of \(patience), a threshold of \(threshold)")
    (self.patience, self.threshold) = (patience, threshold)
  }

  /// How many of the last values in a row did not improve.
  /// - Parameter isBetter: whether its first value is better than its second.
  public func failures(
    among values: some Sequence<Double>, isBetter: (Double, Double) -> Bool
  ) -> Int {
    var best: Double?
    var failures = 0
    for value in values {
      if let known = best {
        let isBest = isBetter(value, known)
        let isEnough = known.isNaN || (value - known).magnitude > threshold
        failures = isBest && isEnough ? 0 : failures + 1
        if isBest { best = value }
      } else {
        best = value
      }
    }
    return failures
  }

  /// Whether a training ends with the last of these rows; nil where it goes on.
  /// - Parameters:
  ///   - rows: of the training so far.
  ///   - rule: what chooses its weights; `last` compares nothing.
  public func stop(after rows: [EpochResult], by rule: SelectionRule) -> EarlyStop? {
    let values = rows.compactMap { $0.evaluation.flatMap(rule.value(of:)) }
    guard failures(among: values, isBetter: rule.isBetter(_:than:)) >= patience,
      let last = rows.last,
      let best = rule.best(of: rows), let value = best.evaluation.flatMap(rule.value(of:))
    else { return nil }
    return EarlyStop(
      step: last.step, metric: rule.name, patience: patience, threshold: threshold,
      bestStep: best.step, bestValue: value)
  }
}

/// That a training ended before its limit, and why.
public struct EarlyStop: Sendable, Equatable {
  /// Optimizer steps done.
  public var step: Int
  /// What did not improve, as definitions name it.
  public var metric: String
  /// For how many evaluations in a row.
  public var patience: Int
  public var threshold: Double
  /// Steps done at the best evaluation, and its value.
  public var bestStep: Int
  public var bestValue: Double

  public init(
    step: Int, metric: String, patience: Int, threshold: Double, bestStep: Int, bestValue: Double
  ) {
    self.step = step
    self.metric = metric
    self.patience = patience
    self.threshold = threshold
    self.bestStep = bestStep
    self.bestValue = bestValue
  }
}
