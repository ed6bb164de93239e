// Which labels a column has, and how often.

/// Counts labels; of very many different ones, which are no classes, only how large numbers among them are.
public struct LabelCounts: Sendable, Equatable {
  /// More are not listed.
  public static let most = 1000

  public private(set) var missing = 0
  private var counts: [String: Int] = [:]
  /// Whether there are more than `most`, so that classes are no longer counted.
  public private(set) var isTooMany = false
  /// Whether all labels are numbers, and how large they are.
  public private(set) var areNumbers = true
  private var count = 0
  private var sum = 0.0
  private var areWhole = true
  public private(set) var least = Double.infinity
  public private(set) var greatest = -Double.infinity

  mutating func add(_ label: String?) {
    guard let label, !label.isEmpty else {
      missing += 1
      return
    }
    count += 1
    if let number = NumberLabel.value(of: label).map(Double.init) {
      sum += number
      (least, greatest) = (min(least, number), max(greatest, number))
      if number != number.rounded() { areWhole = false }
    } else {
      areNumbers = false
    }
    if isTooMany { return }
    counts[label, default: 0] += 1
    isTooMany = counts.count > Self.most
  }

  public var mean: Double { sum / Double(count) }

  /// Whether the labels look like the numbers of a regression: not whole, or too many to be classes.
  public var areMeasurements: Bool {
    areNumbers && count > 0 && (isTooMany || !areWhole)
  }

  /// Whether they may be the numbers of a regression: more whole numbers than most classifications have classes.
  public var mayBeMeasurements: Bool { areMeasurements || areNumbers && counts.count > 20 }

  /// The labels in the order that a task gives its classes, with their counts.
  public var classes: [(name: String, count: Int)] {
    TaskTable.ordered(Set(counts.keys)).map { ($0, counts[$0] ?? 0) }
  }
}
