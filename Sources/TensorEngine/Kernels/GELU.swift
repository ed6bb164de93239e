/// The Gaussian error linear unit in its exact form, x·Φ(x), and its derivative.
///
/// Source: Hendrycks, Gimpel 2016 (arXiv 1606.08415), section 2; the erf form of BERT and DistilBERT, not the
/// tanh approximation.
enum GELU {
  /// x · ½ · (1 + erf(x / √2))
  @inline(__always)
  static func value(_ x: Vector) -> Vector { x * normalDistribution(x) }

  /// Φ(x) + x·φ(x), with φ(x) = exp(-x²/2) / √(2π)
  @inline(__always)
  static func derivative(_ x: Vector) -> Vector {
    let density = exponential(x * x * Vector(repeating: -0.5)) * Vector(repeating: 0.398_942_28)
    return normalDistribution(x).addingProduct(x, density)
  }

  /// Φ(x), the standard normal distribution function.
  @inline(__always)
  private static func normalDistribution(_ x: Vector) -> Vector {
    let half = Vector(repeating: 0.5)
    return half.addingProduct(half, errorFunction(x * Vector(repeating: 0.707_106_77)))
  }
}
