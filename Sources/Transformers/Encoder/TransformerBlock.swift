// One layer of the encoder.

/// Post-norm encoder block:  a = LN(x + Drop(Attn(x)));  y = LN(a + Drop(W₂ · GELU(W₁ · a))).
///
/// The same mathematics in every family, but not all of them drop out after attention (`ModelStructure`).
/// - Source: Vaswani et al. 2017, section 3; bert/modeling.py `transformer_model`.
public final class TransformerBlock: Module, Sendable {
  public let attention: SelfAttention
  public let attentionNorm: LayerNorm
  /// C → F
  public let expansion: Linear
  /// F → C
  public let contraction: Linear
  public let outputNorm: LayerNorm
  private let sites: DropoutSites.Layer

  init(path: String, configuration: TransformerConfiguration, sites: DropoutSites.Layer) {
    let (size, inner) = (configuration.hiddenSize, configuration.feedForwardSize)
    let epsilon = Float(configuration.layerNormEpsilon)
    attention = SelfAttention(
      path: "\(path).attention", configuration: configuration, site: sites.attention)
    attentionNorm = LayerNorm(path: "\(path).attention_norm", size: size, epsilon: epsilon)
    expansion = Linear(path: "\(path).expansion", inputSize: size, outputSize: inner)
    contraction = Linear(path: "\(path).contraction", inputSize: inner, outputSize: size)
    outputNorm = LayerNorm(path: "\(path).output_norm", size: size, epsilon: epsilon)
    self.sites = sites
  }

  /// - Parameters:
  ///   - x: [T, C].
  ///   - projected: all three projections of x, if they are there already; then every row is asked for.
  ///   - layout: where each sequence begins.
  ///   - selection: the rows that are asked for; the others take part as keys and values only.
  /// - Returns: y [R, C].
  public func callAsFunction(
    _ x: Tensor, projected: [AttentionProjection: TensorColumns]? = nil, layout: SequenceLayout,
    selection: RowSelection, mode: ForwardMode, in scope: ComputeScope
  ) -> Tensor {
    precondition(
      x.rows == layout.tokenCount, "block: \(x.shape) for \(layout.tokenCount) tokens")
    let placement = selection.placement
    let selected = selection.isEveryRow ? x : scope.rows(selection.rows, of: x)  // [R, C]
    let attended = attention(
      x, projected: projected, selected: selected, selection: selection, layout: layout, mode: mode,
      in: scope)
    let a = attentionNorm(
      selected, adding: attended, site: sites.attentionOutput, placement: placement, mode: mode,
      in: scope)
    let inner = expansion(a, activation: .gelu, in: scope)  // [R, F]
    return outputNorm(
      a, adding: contraction(inner, in: scope), site: sites.feedForward, placement: placement,
      mode: mode, in: scope)
  }

  public func visitParameters(_ visit: (Parameter) -> Void) {
    attention.visitParameters(visit)
    attentionNorm.visitParameters(visit)
    expansion.visitParameters(visit)
    contraction.visitParameters(visit)
    outputNorm.visitParameters(visit)
  }
}
