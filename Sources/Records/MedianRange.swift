// Median and range: how figures over several seeds are summed up.

/// Fewer than thirty runs say little about a spread, so the range is given, not a deviation.
public struct MedianRange: Sendable, Equatable {
  public let count: Int
  /// Of an even number of values the mean of the middle two.
  public let median: Double
  public let minimum: Double
  public let maximum: Double

  /// Nil without values; not-a-number in any value makes all three not-a-number.
  public init?(_ values: some Sequence<Double>) {
    let values = values.sorted()
    guard let first = values.first, let last = values.last else { return nil }
    count = values.count
    guard values.allSatisfy({ !$0.isNaN }) else {
      (median, minimum, maximum) = (.nan, .nan, .nan)
      return
    }
    let upper = values[values.count / 2]
    median = values.count % 2 == 1 ? upper : (values[values.count / 2 - 1] + upper) / 2
    minimum = first
    maximum = last
  }
}
