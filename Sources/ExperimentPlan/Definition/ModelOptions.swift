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
      "init_from", \.of, DefinitionNames.modelOrStage,
      "The model whose layers it gets, or the stage that made that model."),
    OptionField(
      "layers", \.layers,
      .list(of: .integer(atLeast: 0), words: "a list of the source's layers, from 0")
        .described(example: "[0, 2, 4, 7, 9, 11]")
        .checked { layers, node, key, map in
          if layers.isEmpty { map.reportWrong(node, key, expected: "at least one layer") }
          return !layers.isEmpty
        },
      "Layer i of the student is a copy of layer layers[i] of the source, counted from 0."),
    OptionField(
      optional: "token_type", \.tokenType, .choice,
      "What becomes of the source's token types where the student has none. fold adds row 0 to the positions and "
        + "is exact, drop leaves it out, as DistilBERT's script does.")
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
  /// Its forms: a folder (`from`), layers of another model (`init_from`), or sizes from nothing (`sizes`).
  static let schema = OptionSchema.any([
    .map([folder] + common),
    .map(
      StudentSource.options.descriptions + [
        optional("layer_count", .integer(atLeast: 1), "How many layers; as `layers` has.", "6"),
        optional(
          "random_weights", .truth,
          "Whether all weights are drawn from the seed, the source giving sizes alone.", "true"),
      ] + common),
    .map(
      [
        OptionDescription(
          key: "architecture", schema: ModelFamily.optionType.schema, about: "The model's family.",
          presence: .required, example: "bert"),
        OptionDescription(
          key: "sizes", schema: .map(ModelSizes.options.descriptions),
          about: "Sizes of a model whose weights are drawn from the seed.", presence: .required,
          example: ModelSizes.options.example),
      ] + common),
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

  private static let common = [
    optional(
      "head",
      .any([
        .choice(["none"]),
        .map([
          OptionDescription(
            key: "kind", schema: .choice(["masked_lm"]), about: "Which head.", presence: .required,
            example: "masked_lm"),
          OptionDescription(
            key: "init", schema: .choice(HeadStart.allCases.map(\.rawValue)),
            about:
              "Its first weights: new draws them from the seed, stored takes the folder's, copied the source's.",
            presence: .required, example: "new"),
        ]),
      ]),
      "The head it is trained with. A student has a copy of its source's if nothing is written.",
      "{ kind: masked_lm, init: new }"),
    optional(
      "dropout", .map(DropoutOptions.options.descriptions),
      "Shares of activations that are dropped in training. As config.json says if not written; a model from "
        + "nothing needs it.", DropoutOptions.options.example),
    optional(
      "seed", .integer(atLeast: 0), "Of what is drawn. The experiment's, if not written.", "1"),
  ]

  private static func optional(
    _ key: String, _ schema: OptionSchema, _ about: String, _ example: String
  ) -> OptionDescription {
    OptionDescription(
      key: key, schema: schema, about: about, presence: .optional, example: example)
  }
}
