// How far a figure depends on the examples that it was measured on.
import RetortRandomness

public struct ConfidenceInterval: Sendable, Equatable {
  public let low: Double
  public let high: Double

  public init(low: Double, high: Double) { (self.low, self.high) = (low, high) }

  /// Enough for two stable digits of an interval's ends.
  static let resamples = 2_000
  /// Every machine draws the same examples, and prints the same digits.
  static let seed: UInt64 = 1_979

  /// The percentile interval of the bootstrap: the examples are drawn again with replacement, as many as there are,
  /// and the value is taken of each such sample. Samples whose value is not a number do not count.
  /// - Parameters:
  ///   - level: in 0..<1.
  ///   - value: of a sample.
  /// - Source: B. Efron, Annals of Statistics 7 (1979), 1-26.
  public init<Value>(
    resampling answers: Answers<Value>, level: Double = 0.95, _ value: (Answers<Value>) -> Double
  ) {
    var stream = RandomStream(seed: Self.seed, name: .resampling)
    let bound = UInt32(answers.count)
    var sample = answers
    var values: [Double] = []
    for _ in 0..<Self.resamples {
      for place in 0..<answers.count {
        let drawn = Int(stream.integer(below: bound))
        sample.predictions[place] = answers.predictions[drawn]
        sample.labels[place] = answers.labels[drawn]
      }
      let drawn = value(sample)
      if !drawn.isNaN { values.append(drawn) }
    }
    values.sort()
    guard let last = values.last else {
      self.init(low: .nan, high: .nan)
      return
    }
    func quantile(_ probability: Double) -> Double {
      let place = Int((probability * Double(values.count)).rounded(.up)) - 1
      return place < values.count ? values[max(0, place)] : last
    }
    self.init(low: quantile((1 - level) / 2), high: quantile((1 + level) / 2))
  }
}
