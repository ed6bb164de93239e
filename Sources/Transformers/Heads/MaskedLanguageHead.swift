// From hidden states to logits over the vocabulary, up to the decoder.

/// h = LN(GELU(W · x + b)), to be followed by logits = h · Eᵀ + c with E the word embeddings: the same in
/// both families, under other names.
///
/// The decoder is not computed here: `ComputeScope.vocabularyHead` streams it through the objectives.
/// - Source: bert/run_pretraining.py `get_masked_lm_output`; DistilBERT's vocab_transform, vocab_layer_norm.
public final class MaskedLanguageHead: Module, Sendable {
  public let dense: Linear
  public let norm: LayerNorm
  /// E [V, C]: the encoder's word embeddings, visited there.
  public let decoder: Parameter
  /// c [V]
  public let decoderBias: Parameter

  init(path: String, configuration: TransformerConfiguration, words: Parameter) {
    let size = configuration.hiddenSize
    dense = Linear(path: "\(path).dense", inputSize: size, outputSize: size)
    norm = LayerNorm(
      path: "\(path).norm", size: size, epsilon: Float(configuration.layerNormEpsilon))
    decoder = words
    decoderBias = Parameter(
      path: "\(path).decoder_bias", kind: .bias, shape: [configuration.vocabularySize])
  }

  /// - Parameters:
  ///   - hidden: x [R, C], rows of the last hidden state.
  ///   - placement: which sequence and position each row is.
  /// - Returns: h [R, C], what the decoder multiplies.
  public func transform(
    _ hidden: Tensor, placement: RowPlacement, mode: ForwardMode, in scope: ComputeScope
  ) -> Tensor {
    norm(
      dense(hidden, activation: .gelu, in: scope), placement: placement, mode: mode, in: scope)
  }

  /// Logits [R, V] in full: for tests and for looking at single predictions.
  public func logits(
    _ hidden: Tensor, placement: RowPlacement, mode: ForwardMode, in scope: ComputeScope
  ) -> Tensor {
    scope.linear(
      transform(hidden, placement: placement, mode: mode, in: scope),
      weight: ParameterSpan(decoder), bias: ParameterSpan(decoderBias))
  }

  public func visitParameters(_ visit: (Parameter) -> Void) {
    dense.visitParameters(visit)
    norm.visitParameters(visit)
    visit(decoderBias)
  }
}
