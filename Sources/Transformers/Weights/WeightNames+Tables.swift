// The tables of names: on the left our paths, on the right those of transformers 4.44.2; # is the layer.

extension WeightNames {
  /// One line of a table; it may stand for several parameters.
  struct Row {
    /// A further name for the same values. It may belong to another part than the parameter, as a tied
    /// decoder belongs to the masked-language head and the embeddings it repeats to the encoder.
    struct Alias {
      let name: String
      let part: ModelPart
    }

    enum Form {
      /// A single parameter, named as it stands.
      case single
      /// `.weight` and `.bias` on both sides.
      case linear
      /// `.scale` and `.shift` of ours, `.weight` and `.bias` of theirs.
      case norm
    }

    let part: ModelPart
    let path: String?
    let name: String
    let form: Form
    let aliases: [Alias]

    init(
      _ part: ModelPart, _ path: String?, _ name: String, _ form: Form, aliases: [Alias] = []
    ) {
      (self.part, self.path, self.name) = (part, path, name)
      (self.form, self.aliases) = (form, aliases)
    }

    /// The parameters it stands for.
    var variants: [(path: String?, name: String)] {
      switch form {
      case .single: [(path, name)]
      case .linear: [("weight", "weight"), ("bias", "bias")].map(named)
      case .norm: [("scale", "weight"), ("shift", "bias")].map(named)
      }
    }

    private func named(_ ours: String, _ theirs: String) -> (path: String?, name: String) {
      (path.map { "\($0).\(ours)" }, "\(name).\(theirs)")
    }
  }

  static let bertRows: [Row] = [
    Row(
      .encoder, "embeddings.words", "embeddings.word_embeddings.weight", .single,
      aliases: [.init(name: "cls.predictions.decoder.weight", part: .maskedLanguage)]),
    Row(.encoder, "embeddings.positions", "embeddings.position_embeddings.weight", .single),
    Row(.encoder, "embeddings.token_types", "embeddings.token_type_embeddings.weight", .single),
    Row(.encoder, "embeddings.norm", "embeddings.LayerNorm", .norm),
    Row(
      .encoder, "encoder.layer.#.attention.query", "encoder.layer.#.attention.self.query", .linear),
    Row(.encoder, "encoder.layer.#.attention.key", "encoder.layer.#.attention.self.key", .linear),
    Row(
      .encoder, "encoder.layer.#.attention.value", "encoder.layer.#.attention.self.value", .linear),
    Row(
      .encoder, "encoder.layer.#.attention.output", "encoder.layer.#.attention.output.dense",
      .linear),
    Row(
      .encoder, "encoder.layer.#.attention_norm", "encoder.layer.#.attention.output.LayerNorm",
      .norm),
    Row(.encoder, "encoder.layer.#.expansion", "encoder.layer.#.intermediate.dense", .linear),
    Row(.encoder, "encoder.layer.#.contraction", "encoder.layer.#.output.dense", .linear),
    Row(.encoder, "encoder.layer.#.output_norm", "encoder.layer.#.output.LayerNorm", .norm),
    Row(.pooler, "pooler.dense", "pooler.dense", .linear),
    Row(.maskedLanguage, "masked_lm.dense", "cls.predictions.transform.dense", .linear),
    Row(.maskedLanguage, "masked_lm.norm", "cls.predictions.transform.LayerNorm", .norm),
    Row(
      .maskedLanguage, "masked_lm.decoder_bias", "cls.predictions.bias", .single,
      aliases: [.init(name: "cls.predictions.decoder.bias", part: .maskedLanguage)]),
    Row(.classification, "classifier.output", "classifier", .linear),
    Row(.nextSentence, nil, "cls.seq_relationship", .linear),
  ]

  static let distilBertRows: [Row] = [
    Row(
      .encoder, "embeddings.words", "embeddings.word_embeddings.weight", .single,
      aliases: [.init(name: "vocab_projector.weight", part: .maskedLanguage)]),
    Row(.encoder, "embeddings.positions", "embeddings.position_embeddings.weight", .single),
    Row(.encoder, "embeddings.norm", "embeddings.LayerNorm", .norm),
    Row(
      .encoder, "encoder.layer.#.attention.query", "transformer.layer.#.attention.q_lin", .linear),
    Row(.encoder, "encoder.layer.#.attention.key", "transformer.layer.#.attention.k_lin", .linear),
    Row(
      .encoder, "encoder.layer.#.attention.value", "transformer.layer.#.attention.v_lin", .linear),
    Row(
      .encoder, "encoder.layer.#.attention.output", "transformer.layer.#.attention.out_lin",
      .linear),
    Row(.encoder, "encoder.layer.#.attention_norm", "transformer.layer.#.sa_layer_norm", .norm),
    Row(.encoder, "encoder.layer.#.expansion", "transformer.layer.#.ffn.lin1", .linear),
    Row(.encoder, "encoder.layer.#.contraction", "transformer.layer.#.ffn.lin2", .linear),
    Row(.encoder, "encoder.layer.#.output_norm", "transformer.layer.#.output_layer_norm", .norm),
    Row(.maskedLanguage, "masked_lm.dense", "vocab_transform", .linear),
    Row(.maskedLanguage, "masked_lm.norm", "vocab_layer_norm", .norm),
    Row(.maskedLanguage, "masked_lm.decoder_bias", "vocab_projector.bias", .single),
    Row(.classification, "classifier.dense", "pre_classifier", .linear),
    Row(.classification, "classifier.output", "classifier", .linear),
  ]
}
