// The keys of a model, declared.
import RetortOptions
import RetortTransformers

extension ModelSizes {
  static let options = OptionList(
    ModelSizes.init(
      hiddenSize:layerCount:headCount:feedForwardSize:maximumPositions:initializerRange:
      layerNormEpsilon:),
    OptionField(
      "hidden_size", \.hiddenSize, .integer(atLeast: 1, example: "128"),
      "Width of the hidden states; a multiple of head_count."),
    OptionField("layer_count", \.layerCount, .integer(atLeast: 1, example: "4"), "Blocks."),
    OptionField(
      "head_count", \.headCount, .integer(atLeast: 1, example: "4"), "Attention heads of a block."),
    OptionField(
      "feed_forward_size", \.feedForwardSize, .integer(atLeast: 1, example: "512"),
      "Width inside the feed-forward part of a block."),
    OptionField(
      "maximum_positions", \.maximumPositions, .integer(atLeast: 1, example: "128"),
      "Tokens of the longest sequence, [CLS] and [SEP] counted."),
    OptionField(
      "initializer_range", \.initializerRange,
      .number(.positive, example: "0.02").described(as: "a number above 0 (0.02 in BERT)"),
      "Standard deviation of the normal distribution that weights are drawn from."),
    OptionField(
      "layer_norm_epsilon", \.layerNormEpsilon,
      .number(.positive, example: "1.0e-12").described(as: "a number above 0 (1e-12 in BERT)"),
      "Added to the variance in layer normalisation; 1.0e-12 in a DistilBERT.")
  ).checked { sizes, map in
    guard sizes.hiddenSize % sizes.headCount != 0, let node = map.node("hidden_size") else {
      return true
    }
    map.reportWrong(
      node, "hidden_size", expected: "a multiple of head_count (\(sizes.headCount))")
    return false
  }
}

extension DropoutOptions {
  static let options = OptionList(
    DropoutOptions.init(hidden:attention:classifier:),
    OptionField(
      "hidden", \.hidden, .number(.belowOne, example: "0.1"),
      "After the embeddings and the feed-forward part (in a BERT after attention's output too)."),
    OptionField(
      "attention", \.attention, .number(.belowOne, example: "0.1"),
      "On the attention probabilities."),
    OptionField(
      "classifier", \.classifier, .number(.belowOne, example: "0.2"), "Before the classifier."))
}

extension ModelFamily {
  /// One of the registered families, by name.
  static let optionType = OptionType<ModelFamily>(
    schema: .choice(ModelFamilies.all.map(\.name)), example: "distilbert",
    read: { node, key, map in map.choice(node, key, ModelFamily.self) },
    write: { .text($0.name) })
}

extension StudentSource {
  static let options = OptionList(
    StudentSource.init(architecture:of:layers:tokenType:),
    OptionField("architecture", \.architecture, ModelFamily.optionType, "The student's family."),
    OptionField(
      "init_from", \.of, DefinitionNames.modelOrStage(example: "teacher"),
      "The model whose layers it gets, or the stage that made that model."),
    OptionField(
      "layers", \.layers,
      .list(
        of: .integer(atLeast: 0), ListRule(least: 1),
        words: "at least one of the source's layers, from 0"
      ).described(example: "[0, 2, 4, 7, 9, 11]"),
      "Layer i of the student is a copy of layer layers[i] of the source, counted from 0."),
    OptionField(
      optional: "token_type", \.tokenType, .choice,
      "What to do with the source's token type embeddings if the student has none. fold adds row 0 to the position "
        + "embeddings, which is exact; drop leaves it out, as DistilBERT's script does.")
  ).checked { student, map in
    // Said twice for a reader's sake; it has to agree.
    guard let count = map.integer("layer_count", atLeast: 1), count != student.layers.count,
      let node = map.node("layer_count")
    else { return true }
    map.reportWrong(
      node, "layer_count", expected: "\(student.layers.count), as 'layers' has",
      advice: "leave layer_count out, or name as many layers")
    return false
  }

  private init(
    architecture: ModelFamily, of source: String, layers: [Int], tokenType: TokenTypeRule?
  ) {
    self.init(of: source, architecture: architecture, layers: layers, tokenType: tokenType)
  }
}

extension ModelDefinition {
  static let schema = OptionSchema.forms([
    OptionForm(
      "A model read from a folder or a checkpoint",
      .map([folder] + common(heads: [.stored, .new]))),
    OptionForm(
      "A student made from layers of another model",
      .map(
        StudentSource.options.descriptions + [
          optional("layer_count", .integer(atLeast: 1), "How many layers; as `layers` has.", "6"),
          optional(
            "random_weights", .truth,
            "Whether all weights are drawn from the seed; only the source's sizes are used.", "true"
          ),
        ] + common(heads: [.copied, .new]))),
    OptionForm(
      "A model of given sizes with random weights",
      .map(
        [

          OptionDescription(
            key: "architecture", schema: ModelFamily.optionType.schema,
            about: "The model's family.",
            presence: .required, example: "bert"),
          OptionDescription(
            key: "sizes", schema: .map(ModelSizes.options.descriptions),
            about: "Sizes of a model whose weights are drawn from the seed.", presence: .required,
            example: ModelSizes.options.example),
        ] + common(heads: [.new], needsDropout: true))),
  ])

  private static let folder = OptionDescription(
    key: "from",
    schema: .any([
      ModelAddress.type.schema,
      .map([
        OptionDescription(
          key: "random", schema: ModelAddress.type.schema,
          about:
            "A folder of which only the sizes and the vocabulary are used; weights are drawn from the seed.",
          presence: .required, example: ModelAddress.type.example)
      ]),
    ]),
    about: "A folder with config.json, model.safetensors and vocab.txt, or a checkpoint.",
    presence: .required, example: ModelAddress.type.example)

  /// - Parameters:
  ///   - heads: what a head's first weights can be.
  ///   - needsDropout: whether the rates must be written.
  private static func common(heads: [HeadStart], needsDropout: Bool = false) -> [OptionDescription]
  {
    let head = OptionSchema.map([
      OptionDescription(
        key: "kind", schema: .choice(["masked_lm"]), about: "Which head.", presence: .required,
        example: "masked_lm"),
      OptionDescription(
        key: "init", schema: .choice(heads.map(\.rawValue)),
        about: "Its first weights. " + heads.map(\.about).joined(separator: " "),
        presence: .required, example: heads.first?.rawValue ?? ""),
    ])
    return [
      optional(
        "head", .any([.choice(["none"]), head]),
        heads.contains(.copied)
          ? "The head it is trained with. Default: a copy of the source's, if that has one."
          : "The head it is trained with. Default: none.",
        "{ kind: masked_lm, init: \(heads.first?.rawValue ?? "") }"),
      OptionDescription(
        key: "dropout", schema: .map(DropoutOptions.options.descriptions),
        about: needsDropout
          ? "Dropout rates in training, required for models built from `sizes`."
          : "Dropout rates in training. Default: "
            + (heads.contains(.copied) ? "those of its architecture." : "those of config.json."),
        presence: needsDropout ? .required : .optional, example: DropoutOptions.options.example),
      optional(
        "seed", .integer(atLeast: 0),
        "Seed of the random weights. Default: the experiment's seed.", "1"),
    ]
  }

  private static func optional(
    _ key: String, _ schema: OptionSchema, _ about: String, _ example: String
  ) -> OptionDescription {
    OptionDescription(
      key: key, schema: schema, about: about, presence: .optional, example: example)
  }
}

extension HeadStart {
  fileprivate var about: String {
    switch self {
    case .new: "new: drawn from the seed."
    case .stored: "stored: those of the folder or checkpoint."
    case .copied: "copied: those of the source's head."
    }
  }
}
