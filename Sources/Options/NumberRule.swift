// Which numbers an option accepts, and how a message and a schema say so.

public struct NumberRule: Sendable {
  public let words: String
  public let lowest: Bound?
  public let highest: Bound?

  /// An end of an interval.
  public struct Bound: Sendable, Equatable {
    public let value: Double
    public let isIncluded: Bool

    public init(value: Double, isIncluded: Bool) {
      (self.value, self.isIncluded) = (value, isIncluded)
    }
  }

  /// - Parameter words: which number, beginning with "a number".
  public init(words: String, lowest: Bound?, highest: Bound? = nil) {
    self.words = words
    self.lowest = lowest
    self.highest = highest
  }

  public func accepts(_ number: Double) -> Bool {
    if let lowest, lowest.isIncluded ? number < lowest.value : number <= lowest.value {
      return false
    }
    if let highest, highest.isIncluded ? number > highest.value : number >= highest.value {
      return false
    }
    return Self.isHeld(number)
  }

  /// A number that is accepted.
  var standIn: Double {
    guard let lowest else { return highest.map { $0.value - 1 } ?? 0 }
    return lowest.isIncluded
      ? lowest.value : (lowest.value + (highest?.value ?? lowest.value + 2)) / 2
  }

  /// Whether float32, in which models are computed, holds a number and not 0 or infinity in its place.
  private static func isHeld(_ number: Double) -> Bool {
    number == 0
      || Double(Float.leastNormalMagnitude)...Double(Float.greatestFiniteMagnitude)
        ~= number.magnitude
  }

  /// What to expect in place of `text`, which is not accepted.
  func words(inPlaceOf text: String) -> String {
    let plain = words.dropFirst("a number".count)
    guard let number = Scalars.number(text) else {
      return Scalars.isUnbounded(text) ? "a finite number\(plain)" : words
    }
    return Self.isHeld(number)
      ? words : "\(words) that float32 holds, in size 1.2e-38 to 3.4e38"
  }

  public static let any = NumberRule(words: "a number", lowest: nil)
  public static let positive = NumberRule(
    words: "a number above 0", lowest: Bound(value: 0, isIncluded: false))
  public static let notNegative = NumberRule(
    words: "a number of at least 0", lowest: Bound(value: 0, isIncluded: true))
  public static let fraction = NumberRule(
    words: "a number from 0 to 1", lowest: Bound(value: 0, isIncluded: true),
    highest: Bound(value: 1, isIncluded: true))
  /// A share of something of which none would leave nothing to do.
  public static let positiveFraction = NumberRule(
    words: "a number above 0 and at most 1", lowest: Bound(value: 0, isIncluded: false),
    highest: Bound(value: 1, isIncluded: true))
  /// A share of something of which some must be left.
  public static let openFraction = NumberRule(
    words: "a number above 0 and below 1", lowest: Bound(value: 0, isIncluded: false),
    highest: Bound(value: 1, isIncluded: false))
  /// Moment decays and dropout: 1 itself would divide by zero.
  public static let belowOne = NumberRule(
    words: "a number from 0 to below 1", lowest: Bound(value: 0, isIncluded: true),
    highest: Bound(value: 1, isIncluded: false))
}
