// DistilBERT: BERT's encoder without token types, pooler and dropout after attention.

extension ModelFamily {
  /// - Source: transformers 4.44.2 `configuration_distilbert.py`, `modeling_distilbert.py`.
  public static let distilbert = ModelFamily(
    name: "distilbert", title: "DistilBERT", classStem: "DistilBert",
    tokenizerClass: "DistilBertTokenizer",
    structure: ModelStructure(
      hasTokenTypes: false, hasPooler: false, dropsAttentionOutput: false,
      projectsBeforeClassifier: true),
    fixedLayerNormEpsilon: 1e-12,
    keys: [
      .gelu("activation"),
      .size("vocab_size", \.vocabularySize),
      .size("dim", alias: "hidden_size", \.hiddenSize),
      .size("n_layers", alias: "num_hidden_layers", \.layerCount),
      .size("n_heads", alias: "num_attention_heads", \.headCount),
      .size("hidden_dim", \.feedForwardSize),
      .size("max_position_embeddings", \.maximumPositions),
      .number("dropout", \.hiddenDropout, default: 0.1),
      .number("attention_dropout", \.attentionDropout, default: 0.1),
      .number("seq_classif_dropout", \.classifierDropout, default: 0.2),
      .number("initializer_range", \.initializerRange, default: 0.02),
      .size("pad_token_id", \.paddingID, default: 0),
      .flag("sinusoidal_pos_embds", \.usesSinusoidalPositions, default: false),
    ],
    constants: ["qa_dropout": .number("0.1"), "tie_weights_": .bool(true)],
    acceptedKeys: ["tie_weights_": [.bool(true)]],
    ignoredKeys: ["qa_dropout"],
    weightPrefix: "distilbert.",
    weights: [
      WeightRow(
        .encoder, "embeddings.words", "embeddings.word_embeddings.weight",
        .single([.vocabulary, .hidden]),
        aliases: [.init(name: "vocab_projector.weight", part: .maskedLanguage)]),
      WeightRow(
        .encoder, "embeddings.positions", "embeddings.position_embeddings.weight",
        .single([.positions, .hidden])),
      WeightRow(.encoder, "embeddings.norm", "embeddings.LayerNorm", .norm(.hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.query", "transformer.layer.#.attention.q_lin",
        .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.key", "transformer.layer.#.attention.k_lin",
        .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.value", "transformer.layer.#.attention.v_lin",
        .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.output", "transformer.layer.#.attention.out_lin",
        .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention_norm", "transformer.layer.#.sa_layer_norm",
        .norm(.hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.expansion", "transformer.layer.#.ffn.lin1",
        .linear(.feedForward, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.contraction", "transformer.layer.#.ffn.lin2",
        .linear(.hidden, from: .feedForward)),
      WeightRow(
        .encoder, "encoder.layer.#.output_norm", "transformer.layer.#.output_layer_norm",
        .norm(.hidden)),
      WeightRow(
        .maskedLanguage, "masked_lm.dense", "vocab_transform", .linear(.hidden, from: .hidden)),
      WeightRow(.maskedLanguage, "masked_lm.norm", "vocab_layer_norm", .norm(.hidden)),
      WeightRow(
        .maskedLanguage, "masked_lm.decoder_bias", "vocab_projector.bias", .single([.vocabulary])),
      WeightRow(
        .classification, "classifier.dense", "pre_classifier", .linear(.hidden, from: .hidden)),
      WeightRow(
        .classification, "classifier.output", "classifier", .linear(.classes, from: .hidden)),
    ])
}

extension TransformerConfiguration {
  /// As published for `distilbert-base-uncased`.
  public static let distilBertBase = published(
    .distilbert, hidden: 768, layers: 6, heads: 12, feedForward: 3072)
}
