// An axis, linear with round tick values or one that gives every doubling the same width.

import Foundation

/// Maps values to pixels; the ends of a linear axis are round numbers that enclose all values.
struct AxisScale: Equatable {
  let low: Double
  let high: Double
  let ticks: [Tick]
  private let isLogarithmic: Bool

  struct Tick: Equatable {
    var value: Double
    var text: String
  }

  /// - values: finite ones count; none give an axis from 0 to 1.
  /// - wanted: about so many ticks.
  /// - fromZero: the axis begins at 0 whatever the values.
  /// - whole: only whole numbers are ticks, and the axis ends with the values.
  init(
    values: some Sequence<Double>, ticks wanted: Int = 5, fromZero: Bool = false,
    whole: Bool = false
  ) {
    let finite = values.filter(\.isFinite)
    var first = fromZero ? min(0, finite.min() ?? 0) : finite.min() ?? 0
    var last = finite.max() ?? 1
    if first == last {
      let margin = first == 0 ? 1 : abs(first) * 0.1
      (first, last) = (first - (fromZero ? 0 : margin), last + margin)
    }
    let exponentAndFactor = Self.step(for: (last - first) / Double(max(wanted, 1)), whole: whole)
    let step = exponentAndFactor.value
    let digits = max(0, -exponentAndFactor.exponent)
    // A value within a billionth of a tick is on it: 0.3/0.1 is a little less than three.
    let from = whole ? (first / step - 1e-9).rounded(.up) : (first / step + 1e-9).rounded(.down)
    let to = whole ? (last / step + 1e-9).rounded(.down) : (last / step - 1e-9).rounded(.up)
    isLogarithmic = false
    low = whole ? first : from * step
    high = whole ? last : to * step
    ticks = stride(from: from, through: to, by: 1).map { index in
      let value = index * step
      return Tick(
        value: value, text: digits == 0 ? Int(value.rounded()).grouped : value.fixed(digits))
    }
  }

  /// From the smallest to the largest value, all positive and whole, with a tick at each.
  init(doublingThrough values: some Sequence<Double>) {
    let values = Set(values.filter { $0.isFinite && $0 > 0 }).sorted()
    isLogarithmic = true
    low = values.first ?? 1
    let last = values.last ?? 2
    high = last > low ? last : 2 * low
    ticks = values.map { Tick(value: $0, text: Int($0).grouped) }
  }

  /// The smallest of 1, 2, 5 times a power of ten that is at least `span`.
  private static func step(for span: Double, whole: Bool) -> (value: Double, exponent: Int) {
    for exponent in (whole ? 0 : -12)...15 {
      for factor in [1, 2, 5] {
        // Read as decimal digits: exact to the last bit on any machine, unlike pow.
        guard let value = Double("\(factor)e\(exponent)"), value >= span * (1 - 1e-9) else {
          continue
        }
        return (value, exponent)
      }
    }
    return (span, 0)
  }

  /// Where a value lies between two pixels.
  func position(_ value: Double, from start: Double, to end: Double) -> Double {
    let share =
      isLogarithmic ? log2(value / low) / log2(high / low) : (value - low) / (high - low)
    return start + share * (end - start)
  }
}
