// The encoder's input: words, positions and, in families that have them, token types.

/// x = Drop(LN(words[id] + positions[place] (+ tokenTypes[type]))), the type being 1 in the second text of a pair, else 0.
public final class TransformerEmbeddings: Module, Sendable {
  /// [V, C]; the decoder of a masked-language head is this same matrix.
  public let words: Parameter
  /// [P, C]
  public let positions: Parameter
  /// [token types, C]; nil in families without them, which tell the texts of a pair apart by [SEP] alone.
  public let tokenTypes: Parameter?
  public let norm: LayerNorm
  private let site: DropoutSite
  private let paddingID: Int32

  init(path: String, configuration: TransformerConfiguration, site: DropoutSite) {
    let size = configuration.hiddenSize
    words = Parameter(
      path: "\(path).words", kind: .embedding, shape: [configuration.vocabularySize, size])
    positions = Parameter(
      path: "\(path).positions", kind: .embedding, shape: [configuration.maximumPositions, size])
    tokenTypes =
      configuration.tokenTypeCount == 0
      ? nil
      : Parameter(
        path: "\(path).token_types", kind: .embedding, shape: [configuration.tokenTypeCount, size])
    norm = LayerNorm(
      path: "\(path).norm", size: size, epsilon: Float(configuration.layerNormEpsilon))
    self.site = site
    paddingID = Int32(configuration.paddingID)
  }

  /// - Parameter tokenIDs: [T].
  /// - Returns: x [T, C].
  func callAsFunction(
    _ tokenIDs: [Int32], layout: SequenceLayout, mode: ForwardMode, in scope: ComputeScope
  ) -> Tensor {
    let sum = scope.embedding(
      tokenIDs: tokenIDs, layout: layout, words: words, positions: positions,
      tokenTypes: tokenTypes, paddingID: paddingID)
    let placement = layout.placement
    let normalized = norm(sum, placement: placement, mode: mode, in: scope)
    return scope.dropout(normalized, site: site, placement: placement, mode: mode)
  }

  public func visitParameters(_ visit: (Parameter) -> Void) {
    visit(words)
    visit(positions)
    if let tokenTypes { visit(tokenTypes) }
    norm.visitParameters(visit)
  }
}
