// Intervals that pages show at several places.
import RetortEvaluation
import Synchronization

/// A bootstrap takes thousands of samples: each interval is computed once, whatever pages and tables show it.
enum KnownIntervals {
  /// What an interval is of: a model's answers, or those of pairs of models one after the other.
  struct Key: Hashable, Sendable {
    let metric: String
    var classes: [Answers<Int>] = []
    var numbers: [Answers<Double>] = []
  }

  private static let known = Mutex<[Key: ConfidenceInterval]>([:])

  static func interval(
    _ key: Key, _ compute: () -> ConfidenceInterval
  ) -> ConfidenceInterval {
    if let interval = known.withLock({ $0[key] }) { return interval }
    let interval = compute()
    known.withLock { $0[key] = interval }
    return interval
  }
}
