// How far a figure depends on the examples that it was measured on.
import RetortRandomness
import Synchronization

public struct ConfidenceInterval: Sendable, Equatable {
  public let low: Double
  public let high: Double

  public init(low: Double, high: Double) { (self.low, self.high) = (low, high) }

  /// Enough for two stable digits of an interval's ends.
  static let resamples = 2_000
  /// Every machine draws the same examples, and prints the same digits.
  static let seed: UInt64 = 1_979

  /// The interval of the mean difference between two models' values, over one or more pairs of models that were asked the
  /// same: each sample of the examples is taken of all of them.
  /// - Parameters:
  ///   - count: of the examples.
  ///   - pairs: at least one; the values of samples, as `resampled` gives them. Of each the second's is subtracted.
  public init(
    resampling count: Int,
    differences pairs: [(first: ([Int]) -> Double, second: ([Int]) -> Double)]
  ) {
    self.init(resampling: count) { drawn in
      pairs.reduce(0) { $0 + ($1.first(drawn) - $1.second(drawn)) } / Double(pairs.count)
    }
  }

  /// The percentile interval of the bootstrap: the examples are drawn again with replacement, as many as there are,
  /// and the value is taken of each such sample. Samples whose value is not a number do not count.
  /// - Parameters:
  ///   - level: in 0..<1.
  ///   - value: of the examples with these numbers, counted from 0.
  /// - Source: B. Efron, Annals of Statistics 7 (1979), 1-26.
  public init(resampling count: Int, level: Double = 0.95, _ value: ([Int]) -> Double) {
    self.init(samples: Self.samples(of: count, value), level: level)
  }

  /// What a value is in each sample of the examples. The samples of so many examples are always the same, so that those of two
  /// models can be compared one by one.
  public static func samples(of count: Int, _ value: ([Int]) -> Double) -> [Double] {
    var values: [Double] = []
    forEachSample(of: count) { values.append(value($0)) }
    return values
  }

  /// The percentile interval of values of samples; those that are not numbers do not count.
  public init(samples: [Double], level: Double = 0.95) {
    let values = samples.filter { !$0.isNaN }.sorted()
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

  /// Most examples of which samples are kept: 2,000 samples of them are 16 MB.
  private static let keptCount = 2_048
  /// Samples one after the other, by the number of examples. All intervals of so many examples have the same ones.
  private static let kept = Mutex<[Int: [UInt32]]>([:])

  private static func forEachSample(of count: Int, _ body: ([Int]) -> Void) {
    var drawn = [Int](repeating: 0, count: count)
    if let numbers = kept.withLock({ $0[count] }) {
      for sample in 0..<resamples {
        for place in 0..<count { drawn[place] = Int(numbers[sample * count + place]) }
        body(drawn)
      }
      return
    }
    var stream = RandomStream(seed: seed, name: .resampling)
    var numbers: [UInt32] = []
    for _ in 0..<resamples {
      for place in 0..<count {
        let number = stream.integer(below: UInt32(count))
        drawn[place] = Int(number)
        if count <= keptCount { numbers.append(number) }
      }
      body(drawn)
    }
    if count <= keptCount { kept.withLock { [numbers] in $0[count] = numbers } }
  }
}

extension Answers {
  /// A metric's value of samples of them, each given by the numbers of its examples.
  func resampled(_ value: @escaping (Answers) -> Double) -> ([Int]) -> Double {
    var sample = self
    return { drawn in
      sample.draw(drawn, from: self)
      return value(sample)
    }
  }

  /// Becomes these examples of `answers`, in this order.
  fileprivate mutating func draw(_ numbers: [Int], from answers: Answers) {
    for (place, number) in numbers.enumerated() {
      predictions[place] = answers.predictions[number]
      labels[place] = answers.labels[number]
    }
  }
}
