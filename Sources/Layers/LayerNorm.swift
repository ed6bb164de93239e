// Layer normalisation and its parameters.

/// y = γ ∘ (s - mean(s)) / √(var(s) + ε) + β over each row of s = x, or of s = x + Drop(r).
public final class LayerNorm: Module, Sendable {
  /// γ [C]
  public let scale: Parameter
  /// β [C]
  public let shift: Parameter
  public let epsilon: Float

  /// - Parameters:
  ///   - path: the parameters become `<path>.scale` and `<path>.shift`.
  ///   - size: C.
  public init(path: String, size: Int, epsilon: Float) {
    scale = Parameter(path: "\(path).scale", kind: .normScale, shape: [size])
    shift = Parameter(path: "\(path).shift", kind: .normShift, shape: [size])
    self.epsilon = epsilon
  }

  /// - Parameters:
  ///   - x: [R, C].
  ///   - residual: r [R, C], dropped out at `site` and added to x first; nil for the plain form.
  ///   - placement: which sequence and position each row is.
  /// - Returns: y [R, C].
  public func callAsFunction(
    _ x: Tensor, adding residual: Tensor? = nil, site: DropoutSite? = nil,
    placement: RowPlacement, mode: ForwardMode, in scope: ComputeScope
  ) -> Tensor {
    scope.layerNorm(
      x, adding: residual, scale: scale, shift: shift, epsilon: epsilon, site: site,
      placement: placement, mode: mode)
  }

  public func visitParameters(_ visit: (Parameter) -> Void) {
    visit(scale)
    visit(shift)
  }
}
