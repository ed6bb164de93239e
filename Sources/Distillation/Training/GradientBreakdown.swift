// A step's gradient broken down by term.
import RetortStorage

/// The gradient of each term of an objective at one step, before the update: its norm, and the
/// cosines between the terms' gradients.
///
/// Gradients are those of the terms alone, each with weight 1, over all trained parameters and before clipping; the
/// step's own gradient is their sum by weight.
public struct GradientBreakdown: Sendable, Equatable {
  /// Which step, counted from 1.
  public var step: Int
  /// Unweighted, in the order of the objective's terms.
  public var terms: [Double]
  /// L2 norms of the terms' gradients, in the same order.
  public var gradientNorms: [Double]
  /// Cosines between the gradients of two terms, in the order of `pairs`; 0 where one of them is zero.
  public var cosines: [Double]
  /// Further measurements of the terms, by name: means over the rows of the term that measures it. A name is
  /// absent where nothing was there to be measured.
  public var measurements: [String: Double]

  /// Which terms `cosines` are between: 0 and 1, 0 and 2, 1 and 2 of three.
  public static func pairs(termCount: Int) -> [(Int, Int)] {
    (0..<termCount).flatMap { first in (first + 1..<max(first + 1, termCount)).map { (first, $0) } }
  }

  init(
    step: Int, terms: [Double], gradientNorms: [Double], cosines: [Double],
    measurements: [String: Double] = [:]
  ) {
    self.step = step
    self.terms = terms
    self.gradientNorms = gradientNorms
    self.cosines = cosines
    self.measurements = measurements
  }
}

// MARK: - In a checkpoint

/// Breakdowns as a checkpoint keeps them: all of one length, and the names of what was measured.
struct StoredBreakdowns {
  private static let (numbersKey, namesKey) = ("breakdowns", "breakdown_measurements")
  /// Of earlier versions, whose one measurement was the teacher's entropy, in the second place.
  private static let earlierKey = "accounts"
  private static let earlierMeasurement = "teacher_entropy"

  static func values(_ breakdowns: [GradientBreakdown]) -> [String: StoredValue] {
    guard !breakdowns.isEmpty else { return [:] }
    let names = Set(breakdowns.flatMap(\.measurements.keys)).sorted()
    var numbers: [Double] = []
    for breakdown in breakdowns {
      numbers.append(Double(breakdown.step))
      numbers += breakdown.terms
      numbers += breakdown.gradientNorms
      numbers += breakdown.cosines
      for name in names { numbers.append(breakdown.measurements[name] ?? .nan) }
    }
    return [
      numbersKey: .reals(numbers), namesKey: .text(names.joined(separator: "\n")),
    ]
  }

  static func breakdowns(
    in values: [String: StoredValue], termCount: Int
  ) throws(TrainingError) -> [GradientBreakdown] {
    guard let numbers = values[numbersKey]?.reals else {
      return try read(
        values[earlierKey]?.reals ?? [], termCount: termCount, names: [earlierMeasurement],
        measurementsComeFirst: true)
    }
    let names = (values[namesKey]?.text ?? "").split(separator: "\n").map(String.init)
    return try read(numbers, termCount: termCount, names: names, measurementsComeFirst: false)
  }

  private static func read(
    _ numbers: [Double], termCount: Int, names: [String], measurementsComeFirst: Bool
  ) throws(TrainingError) -> [GradientBreakdown] {
    let pairCount = GradientBreakdown.pairs(termCount: termCount).count
    let size = 1 + 2 * termCount + pairCount + names.count
    guard numbers.count % size == 0 else {
      throw .foreignProgress("gradient breakdowns of \(numbers.count) numbers, \(size) each")
    }
    return stride(from: 0, to: numbers.count, by: size).map { start in
      var rest = numbers[start..<start + size]
      func take(_ count: Int) -> [Double] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
      }
      let step = Int(take(1)[0])
      var measured = measurementsComeFirst ? take(names.count) : []
      var breakdown = GradientBreakdown(
        step: step, terms: take(termCount), gradientNorms: take(termCount),
        cosines: take(pairCount))
      if !measurementsComeFirst { measured = take(names.count) }
      for (name, value) in zip(names, measured) where !value.isNaN {
        breakdown.measurements[name] = value
      }
      return breakdown
    }
  }
}
