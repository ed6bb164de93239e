/// Values by size, so that the ranks of some of them, or of a sample, are counted and not sorted again.
public struct RankedValues: Sendable {
  /// Of each value, how many smaller distinct ones there are.
  let places: [UInt32]
  private let distinctCount: Int

  /// Nil where one is not a number.
  public init?(_ values: [Double]) {
    guard !values.contains(where: \.isNaN) else { return nil }
    self.init(
      order: values.indices.sorted { values[$0] < values[$1] },
      areEqual: { values[$0] == values[$1] })
  }

  /// - Parameter values: finite.
  public init(finite values: [Float]) {
    // Size and place in one whole number, which sorts quickly.
    var keys = values.enumerated().map { place, value -> UInt64 in
      let bits = (value + 0).bitPattern
      let ordered = bits >> 31 == 0 ? bits | 1 << 31 : ~bits
      return UInt64(ordered) << 32 | UInt64(place)
    }
    keys.sort()
    self.init(
      order: keys.lazy.map { Int($0 & 0xFFFF_FFFF) }, areEqual: { values[$0] == values[$1] })
  }

  private init(
    order: some Collection<Int>, areEqual: (Int, Int) -> Bool
  ) {
    var places = [UInt32](repeating: 0, count: order.count)
    var place: UInt32 = 0
    var last: Int?
    for value in order {
      if let last, !areEqual(last, value) { place += 1 }
      places[value] = place
      last = value
    }
    self.places = places
    distinctCount = last == nil ? 0 : Int(place) + 1
  }

  public var count: Int { places.count }

  /// The rank of each value, from 1; equal values share the mean of theirs.
  public var ranks: [Double] { ranks(of: Array(places.indices)) }

  /// The ranks in a sample of the values, in its order.
  /// - Parameter drawn: numbers of the values, any of them as often as it likes.
  func ranks(of drawn: [Int]) -> [Double] {
    var occurrences = [Int](repeating: 0, count: distinctCount)
    for number in drawn { occurrences[Int(places[number])] += 1 }
    let ranks = Self.ranks(occurrences)
    return drawn.map { ranks[Int(places[$0])] }
  }

  /// The rank of each place among some of the values.
  func ranksOfPlaces(among isTaken: (Int) -> Bool) -> [Double] {
    var occurrences = [Int](repeating: 0, count: distinctCount)
    for (value, place) in places.enumerated() where isTaken(value) { occurrences[Int(place)] += 1 }
    return Self.ranks(occurrences)
  }

  private static func ranks(_ occurrences: [Int]) -> [Double] {
    var before = 0
    return occurrences.map { count in
      defer { before += count }
      return Double(before) + Double(count + 1) / 2
    }
  }
}
