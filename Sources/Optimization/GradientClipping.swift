// Keeping the gradient's length within a bound.

/// Clipping by the global norm:  g ← g · min(1, max / (norm + 1e-6)).
/// - Source: torch 2.4.0 `clip_grad_norm_`, whose norm and coefficient are float32 and whose division is
///   a reciprocal and a product.
public struct GradientClipping: Sendable, Equatable {
  public var maximumNorm: Double

  public init(maximumNorm: Double) {
    precondition(maximumNorm > 0, "a bound on the gradient's norm must be positive")
    self.maximumNorm = maximumNorm
  }

  /// What every gradient is multiplied by; not a number if the norm is not.
  /// - Parameter norm: length of all gradients together.
  public func coefficient(norm: Double) -> Float {
    let coefficient = (1 / (Float(norm) + 1e-6)) * Float(maximumNorm)
    return coefficient > 1 ? 1 : coefficient
  }
}
