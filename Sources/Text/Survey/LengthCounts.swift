// How long texts are.

/// How often each length occurs; exact, and no larger than there are different lengths.
public struct LengthCounts: Sendable, Equatable {
  private var counts: [Int: Int] = [:]
  /// Of texts.
  public private(set) var count = 0
  private var sum = 0

  public init() {}

  public mutating func add(_ length: Int) {
    counts[length, default: 0] += 1
    count += 1
    sum += length
  }

  /// NaN without texts.
  public var mean: Double { Double(sum) / Double(count) }

  /// The shortest length that at least a share of the texts do not exceed; 0 without texts.
  /// - Parameter share: from 0 to 1; 0 is the least length, 1 the greatest.
  public func quantile(_ share: Double) -> Int {
    let wanted = max(1, Int((share * Double(count)).rounded(.up)))
    var passed = 0
    for (length, times) in counts.sorted(by: { $0.key < $1.key }) {
      passed += times
      if passed >= wanted { return length }
    }
    return 0
  }

  /// How many texts are longer.
  public func above(_ length: Int) -> Int {
    counts.reduce(0) { $0 + ($1.key > length ? $1.value : 0) }
  }
}
