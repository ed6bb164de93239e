// How far a classifier's confidence is from how often it is right.

/// The expected calibration error: examples in bins of equal width by the confidence of the predicted class, of each bin the
/// distance between accuracy and mean confidence,
///
///     ECE = Σ_b |B_b|/n · | acc(B_b) - conf(B_b) |,  B_b: confidence in ((b-1)/M, b/M]
///
/// - Source: Guo, Pleiss, Sun, Weinberger 2017 (arXiv 1706.04599), equations 2, 3 and 5.
public struct CalibrationError: Sendable {
  private let confidences: [Double]
  private let correct: [Bool]
  private let bins: [Int]
  private let binCount: Int

  /// - Parameters:
  ///   - confidences: the probability of the predicted class, of each example; in 0...1.
  ///   - correct: whether that class is the right one.
  ///   - binCount: M.
  public init(confidences: [Double], correct: [Bool], binCount: Int) {
    precondition(
      confidences.count == correct.count && !correct.isEmpty && binCount > 0,
      "\(confidences.count) confidences, \(correct.count) answers, \(binCount) bins")
    (self.confidences, self.correct, self.binCount) = (confidences, correct, binCount)
    bins = confidences.map {
      min(binCount - 1, max(0, Int(($0 * Double(binCount)).rounded(.up)) - 1))
    }
  }

  /// With the bootstrap's interval.
  public var estimate: Estimate {
    let all = Array(correct.indices)
    return Estimate(
      value: value(of: all), bootstrap: ConfidenceInterval.samples(of: correct.count, value))
  }

  /// Of the examples with these numbers.
  private func value(of examples: [Int]) -> Double {
    var gaps = [Double](repeating: 0, count: binCount)
    for example in examples {
      gaps[bins[example]] += (correct[example] ? 1 : 0) - confidences[example]
    }
    return gaps.reduce(0) { $0 + $1.magnitude } / Double(examples.count)
  }
}
