// The linear correlation of predicted and right numbers.

/// Σ (xᵢ - x̄)·(yᵢ - ȳ) / √(Σ (xᵢ - x̄)² · Σ (yᵢ - ȳ)²), not a number where all of either are equal. From -1 to 1.
/// - Source: scipy 1.13.1, `stats.pearsonr`. Hugging Face's `evaluate` computes it in float32, which moves the seventh
///   digit; here it is computed in float64.
public enum PearsonCorrelation: NumberMetric {
  public static let name = "pearson"
  public static let title = "Pearson"
  public static let about =
    "Linear correlation between predictions and labels; NaN if all of either are equal."

  public static func value(of answers: Answers<Double>) -> Double {
    let (x, y) = (deviations(answers.predictions), deviations(answers.labels))
    guard let x, let y else { return .nan }
    return min(1, max(-1, zip(x, y).reduce(0) { $0 + $1.0 * $1.1 }))
  }

  /// Differences from the mean, scaled to length 1; nil where all values are equal.
  private static func deviations(_ values: [Double]) -> [Double]? {
    guard !values.allSatisfy({ $0 == values[0] }) else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let differences = values.map { $0 - mean }
    // Scaled first, so that no square is beyond all numbers or vanishes.
    let largest = differences.reduce(0) { max($0, abs($1)) }
    guard largest > 0, largest.isFinite else { return nil }
    let scaled = differences.map { $0 / largest }
    let length = scaled.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return scaled.map { $0 / length }
  }
}
