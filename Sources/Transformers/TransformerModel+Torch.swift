import RetortRandomness

extension TransformerModel {
  /// Fills parts with first values as transformers fills those that a folder lacks: weights normal with the
  /// configuration's `initializerRange`, module after module; biases 0. No part with normalisations or
  /// embeddings is drawn so.
  ///
  /// - Source: transformers 4.44.2 `BertPreTrainedModel._init_weights`, `PreTrainedModel.initialize_weights`.
  public func initialize(_ parts: Set<ModelPart>, drawingFrom generator: inout TorchGenerator) {
    precondition(
      parts.isSubset(of: [.pooler, .classification]), "only what is new over an encoder is drawn")
    for parameter in parts.sorted().compactMap({ module(of: $0) }).flatMap(\.parameters) {
      if parameter.kind == .weight {
        _ = parameter.values.update(
          fromContentsOf: generator.normals(
            count: parameter.count, standardDeviation: configuration.initializerRange))
      } else {
        parameter.values.update(repeating: 0)
      }
    }
  }
}
