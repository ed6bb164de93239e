// The learning rate over a run.

/// A learning rate that rises linearly from 0 over the warm-up and then falls linearly to 0.
///
///     rate(t) = peak · t / max(1, warm-up)                       for t < warm-up
///     rate(t) = peak · max(0, total - t) / max(1, total - warm-up)   from there on;  t = 0 in the first step
///
/// Computed in double precision.
/// - Source: transformers 4.44.2 `get_linear_schedule_with_warmup`.
public struct LinearSchedule: Sendable, Equatable {
  public var peak: Double
  public var warmupSteps: Int
  public var totalSteps: Int

  public init(peak: Double, warmupSteps: Int, totalSteps: Int) {
    precondition(warmupSteps >= 0 && totalSteps >= 0, "a schedule cannot have negative steps")
    (self.peak, self.warmupSteps, self.totalSteps) = (peak, warmupSteps, totalSteps)
  }

  /// - Parameter step: steps taken before this one, from 0.
  public func learningRate(at step: Int) -> Double {
    let factor =
      step < warmupSteps
      ? Double(step) / Double(max(1, warmupSteps))
      : max(0, Double(totalSteps - step) / Double(max(1, totalSteps - warmupSteps)))
    return peak * factor
  }
}
