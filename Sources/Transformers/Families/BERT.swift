// BERT: token types, a pooler, dropout after attention.

extension ModelFamily {
  /// - Source: transformers 4.44.2 `configuration_bert.py`, `modeling_bert.py`.
  public static let bert = ModelFamily(
    name: "bert", title: "BERT", classStem: "Bert", tokenizerClass: "BertTokenizer",
    structure: ModelStructure(
      hasTokenTypes: true, hasPooler: true, dropsAttentionOutput: true,
      projectsBeforeClassifier: false),
    fixedLayerNormEpsilon: nil,
    keys: [
      .gelu("hidden_act"),
      .size("vocab_size", \.vocabularySize),
      .size("hidden_size", \.hiddenSize),
      .size("num_hidden_layers", \.layerCount),
      .size("num_attention_heads", \.headCount),
      .size("intermediate_size", \.feedForwardSize),
      .size("max_position_embeddings", \.maximumPositions),
      .size("type_vocab_size", \.tokenTypeCount, default: 2),
      .number("layer_norm_eps", \.layerNormEpsilon, default: 1e-12),
      .number("hidden_dropout_prob", \.hiddenDropout, default: 0.1),
      .number("attention_probs_dropout_prob", \.attentionDropout, default: 0.1),
      // Absent, it is as `hidden_dropout_prob`.
      .number("classifier_dropout", \.classifierDropout),
      .number("initializer_range", \.initializerRange, default: 0.02),
      .size("pad_token_id", \.paddingID, default: 0),
    ],
    constants: ["position_embedding_type": .string("absolute")],
    acceptedKeys: ["position_embedding_type": [.string("absolute")]],
    ignoredKeys: [
      "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
      "pooler_size_per_head", "pooler_type",
    ],
    weightPrefix: "bert.",
    weights: [
      WeightRow(
        .encoder, "embeddings.words", "embeddings.word_embeddings.weight",
        .single([.vocabulary, .hidden]),
        aliases: [.init(name: "cls.predictions.decoder.weight", part: .maskedLanguage)]),
      WeightRow(
        .encoder, "embeddings.positions", "embeddings.position_embeddings.weight",
        .single([.positions, .hidden])),
      WeightRow(
        .encoder, "embeddings.token_types", "embeddings.token_type_embeddings.weight",
        .single([.tokenTypes, .hidden])),
      WeightRow(.encoder, "embeddings.norm", "embeddings.LayerNorm", .norm(.hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.query", "encoder.layer.#.attention.self.query",
        .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.key", "encoder.layer.#.attention.self.key",
        .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.value", "encoder.layer.#.attention.self.value",
        .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention.output", "encoder.layer.#.attention.output.dense",
        .linear(.hidden, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.attention_norm", "encoder.layer.#.attention.output.LayerNorm",
        .norm(.hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.expansion", "encoder.layer.#.intermediate.dense",
        .linear(.feedForward, from: .hidden)),
      WeightRow(
        .encoder, "encoder.layer.#.contraction", "encoder.layer.#.output.dense",
        .linear(.hidden, from: .feedForward)),
      WeightRow(
        .encoder, "encoder.layer.#.output_norm", "encoder.layer.#.output.LayerNorm",
        .norm(.hidden)),
      WeightRow(.pooler, "pooler.dense", "pooler.dense", .linear(.hidden, from: .hidden)),
      WeightRow(
        .maskedLanguage, "masked_lm.dense", "cls.predictions.transform.dense",
        .linear(.hidden, from: .hidden)),
      WeightRow(
        .maskedLanguage, "masked_lm.norm", "cls.predictions.transform.LayerNorm", .norm(.hidden)),
      WeightRow(
        .maskedLanguage, "masked_lm.decoder_bias", "cls.predictions.bias", .single([.vocabulary]),
        aliases: [.init(name: "cls.predictions.decoder.bias", part: .maskedLanguage)]),
      WeightRow(
        .classification, "classifier.output", "classifier", .linear(.classes, from: .hidden)),
      // Known by name, never built.
      WeightRow(.nextSentence, nil, "cls.seq_relationship", .linear(.hidden, from: .hidden)),
    ])
}

extension TransformerConfiguration {
  /// As published for `bert-base-uncased`.
  public static let bertBase = published(
    .bert, hidden: 768, layers: 12, heads: 12, feedForward: 3072)
}
