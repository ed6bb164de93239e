// Hugging Face's config.json, written.

extension ConfigurationFile {
  /// The text of a config.json that transformers 4.44.2 builds the same model from.
  /// - Parameter architecture: the class to load, such as `DistilBertForMaskedLM`.
  public static func text(
    of configuration: TransformerConfiguration, architecture: String
  ) -> String {
    var members: [String: JSONValue] =
      configuration.family == .bert ? bert(configuration) : distilBert(configuration)
    members["architectures"] = .array([.string(architecture)])
    members["model_type"] = .string(configuration.family.rawValue)
    members["vocab_size"] = .integer(configuration.vocabularySize)
    members["max_position_embeddings"] = .integer(configuration.maximumPositions)
    members["initializer_range"] = .number(configuration.initializerRange)
    members["pad_token_id"] = .integer(configuration.paddingID)
    members["torch_dtype"] = .string("float32")
    let labels = configuration.labels
    if labels != TransformerConfiguration.defaultLabels(count: 2) {
      members["id2label"] = .object(
        Dictionary(
          uniqueKeysWithValues: labels.enumerated().map { ("\($0)", JSONValue.string($1)) }))
      members["label2id"] = .object(
        Dictionary(
          labels.enumerated().map { ($1, JSONValue.integer($0)) }, uniquingKeysWith: { $1 }))
    }
    return JSONValue.lines(members)
  }

  private static func bert(_ configuration: TransformerConfiguration) -> [String: JSONValue] {
    [
      "attention_probs_dropout_prob": .number(configuration.attentionDropout),
      "classifier_dropout": configuration.classifierDropout.map(JSONValue.number) ?? .null,
      "hidden_act": .string("gelu"),
      "hidden_dropout_prob": .number(configuration.hiddenDropout),
      "hidden_size": .integer(configuration.hiddenSize),
      "intermediate_size": .integer(configuration.feedForwardSize),
      "layer_norm_eps": .number(configuration.layerNormEpsilon),
      "num_attention_heads": .integer(configuration.headCount),
      "num_hidden_layers": .integer(configuration.layerCount),
      "position_embedding_type": .string("absolute"),
      "type_vocab_size": .integer(configuration.tokenTypeCount),
    ]
  }

  private static func distilBert(_ configuration: TransformerConfiguration) -> [String: JSONValue] {
    [
      "activation": .string("gelu"),
      "attention_dropout": .number(configuration.attentionDropout),
      "dim": .integer(configuration.hiddenSize),
      "dropout": .number(configuration.hiddenDropout),
      "hidden_dim": .integer(configuration.feedForwardSize),
      "n_heads": .integer(configuration.headCount),
      "n_layers": .integer(configuration.layerCount),
      "qa_dropout": .number(0.1),
      "seq_classif_dropout": .number(configuration.effectiveClassifierDropout),
      "sinusoidal_pos_embds": .bool(configuration.usesSinusoidalPositions),
      "tie_weights_": .bool(true),
    ]
  }
}
