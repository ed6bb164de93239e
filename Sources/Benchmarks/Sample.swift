// Repeated measurements of one thing.

/// Seconds of repetitions, in the order in which they were measured.
public struct Sample: Sendable, Equatable {
  public var seconds: [Double]

  public init(_ seconds: [Double] = []) { self.seconds = seconds }

  public var total: Double { seconds.reduce(0, +) }
  public var mean: Double { total / Double(seconds.count) }
  public var median: Double { quantile(0.5) }

  /// The smallest value that at least this share of all does not exceed; the mean of the middle two for the median
  /// of an even number. Not a number of an empty sample.
  public func quantile(_ share: Double) -> Double {
    guard !seconds.isEmpty else { return .nan }
    let sorted = seconds.sorted()
    if share == 0.5, sorted.count % 2 == 0 {
      return (sorted[sorted.count / 2 - 1] + sorted[sorted.count / 2]) / 2
    }
    let rank = Int((share * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }
}
