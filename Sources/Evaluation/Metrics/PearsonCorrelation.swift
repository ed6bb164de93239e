// The linear correlation of predicted and right numbers.

/// Σ (xᵢ - x̄)·(yᵢ - ȳ) / √(Σ (xᵢ - x̄)² · Σ (yᵢ - ȳ)²), not a number where all of either are equal. From -1 to 1.
/// - Source: scipy 1.13.1, `stats.pearsonr`. Hugging Face's `evaluate` computes it in float32, which moves the seventh
///   digit; here it is computed in float64.
public enum PearsonCorrelation: NumberMetric {
  public static let name = "pearson"
  public static let title = "Pearson"
  public static let about =
    "Linear correlation between predictions and labels; NaN if all of either are equal."
  public static let range = -1.0...1.0

  public static func value(of answers: Answers<Double>) -> Double {
    let (x, y) = (answers.predictions, answers.labels)
    guard !x.allSatisfy({ $0 == x[0] }), !y.allSatisfy({ $0 == y[0] }) else { return .nan }
    // Predictions and labels side by side in the two lanes of a vector, in half the time: a bootstrap comes here thousands
    // of times.
    var points = zip(x, y).map { SIMD2($0, $1) }
    let mean = points.reduce(SIMD2.zero, +) / Double(points.count)
    var largest = SIMD2<Double>.zero
    for index in points.indices {
      points[index] -= mean
      let magnitude = SIMD2(abs(points[index].x), abs(points[index].y))
      largest.replace(with: magnitude, where: magnitude .>= largest)
    }
    guard largest.min() > 0, largest.x.isFinite, largest.y.isFinite else { return .nan }
    // Scaled first, so that no square is beyond all numbers or vanishes.
    var squares = SIMD2<Double>.zero
    for index in points.indices {
      points[index] /= largest
      squares += points[index] * points[index]
    }
    let length = squares.squareRoot()
    var product = 0.0
    for point in points {
      let scaled = point / length
      product += scaled.x * scaled.y
    }
    return min(1, max(-1, product))
  }
}
