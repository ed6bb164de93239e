// The learning rate over a training: warm-up, then a schedule.

/// Steps in which the learning rate rises linearly from 0.
public enum Warmup: Sendable, Equatable {
  case steps(Int)
  /// A share of all steps, rounded up.
  case fraction(Double)

  /// Steps of a training of `total` steps.
  public func steps(of total: Int) -> Int {
    switch self {
    case .steps(let steps): steps
    case .fraction(let fraction): Int(exactly: (Double(total) * fraction).rounded(.up)) ?? total
    }
  }
}

/// The learning rate of every step of a training.
///
///     rate(t) = peak · t / max(1, warm-up)        for t < warm-up;  t = 0 in the first step
///     rate(t) = peak · schedule's factor(t)       from there on
///
/// Computed in double precision.
public struct LearningRate: Sendable {
  public let peak: Double
  public let warmupSteps: Int
  public let totalSteps: Int
  public let schedule: any LearningRateSchedule

  public init(
    peak: Double, warmupSteps: Int, totalSteps: Int, schedule: any LearningRateSchedule
  ) {
    precondition(warmupSteps >= 0 && totalSteps >= 0, "a schedule cannot have negative steps")
    (self.peak, self.warmupSteps, self.totalSteps) = (peak, warmupSteps, totalSteps)
    self.schedule = schedule
  }

  /// - Parameter step: steps taken before this one, from 0.
  public func at(step: Int) -> Double { peak * factor(step: step) }

  /// Share of the peak.
  public func factor(step: Int) -> Double {
    step < warmupSteps
      ? Double(step) / Double(max(1, warmupSteps))
      : schedule.factor(step: step, warmupSteps: warmupSteps, totalSteps: totalSteps)
  }
}
