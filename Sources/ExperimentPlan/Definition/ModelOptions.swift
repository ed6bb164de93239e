// The keys of a model, declared.
import RetortOptions
import RetortTransformers

extension ModelSizes {
  static let options = OptionList(
    ModelSizes.init(
      hiddenSize:layerCount:headCount:feedForwardSize:maximumPositions:initializerRange:
      layerNormEpsilon:),
    OptionField(
      "hidden_size", \.hiddenSize, size(example: "128"),
      "Width of the hidden states; a multiple of head_count."),
    OptionField("layer_count", \.layerCount, StudentSource.layerCount, "Blocks."),
    OptionField("head_count", \.headCount, size(example: "4"), "Attention heads of a block."),
    OptionField(
      "feed_forward_size", \.feedForwardSize, size(example: "512"),
      "Width inside the feed-forward part of a block."),
    OptionField(
      "maximum_positions", \.maximumPositions, size(example: "128"),
      "Tokens of the longest sequence, [CLS] and [SEP] counted."),
    OptionField(
      "initializer_range", \.initializerRange,
      .number(.positive, example: "0.02").described(as: "a number above 0 (0.02 in BERT)"),
      "Standard deviation of the normal distribution that weights are drawn from."),
    OptionField(
      "layer_norm_epsilon", \.layerNormEpsilon,
      .number(.positive, example: "1.0e-12").described(as: "a number above 0 (1e-12 in BERT)"),
      "Added to the variance in layer normalisation; 1.0e-12 in a DistilBERT."))

  static func size(example: String) -> OptionType<Int> {
    .integer(atLeast: 1, atMost: TransformerConfiguration.largestSize, example: example)
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

extension StudentSource {
  static let layerCount = OptionType.integer(
    atLeast: 1, atMost: TransformerConfiguration.mostLayers, example: "4")

  static let options = OptionList(
    StudentSource.init(architecture:of:layers:tokenType:width:),
    OptionField(
      "architecture", \.architecture, .choice.described(example: "distilbert"),
      "The student's family."),
    OptionField(
      "init_from", \.of, DefinitionNames.modelOrStage(example: "teacher"),
      "The model whose layers it gets, or the stage that made that model."),
    OptionField(
      "layers", \.layers,
      .list(
        of: .integer(atLeast: 0, atMost: TransformerConfiguration.mostLayers - 1),
        ListRule(least: 1), words: "a list of the source's layers, from 0",
        tooFew: "at least one layer", standIn: []
      ).described(example: "[0, 2, 4, 7, 9, 11]"),
      "Layer i of the student is a copy of layer layers[i] of the source, counted from 0."),
    OptionField(
      optional: "token_type", \.tokenType, .choice,
      "What to do with the source's token type embeddings if the student has none. fold adds row 0 to the position "
        + "embeddings, which is exact; drop leaves it out, as DistilBERT's script does."),
    OptionField(
      optional: "width", \.width, .map(StudentWidth.options),
      "Of a student narrower than its source: its sizes, and what becomes of the source's weights. Default: the source's width."
    ))

  private init(
    architecture: ModelFamily, of source: String, layers: [Int],
    tokenType: StudentInitialization.TokenTypes?, width: StudentWidth?
  ) {
    self.init(
      of: source, architecture: architecture, layers: layers, tokenType: tokenType, width: width)
  }
}

extension StudentWidth {
  static let options = OptionList(
    {
      StudentWidth(
        hiddenSize: $0, headCount: $1, feedForwardSize: $2,
        reduction: WidthReduction(by: $3, keeping: $4, scale: $5))
    },
    OptionField(
      "hidden_size", \.hiddenSize, ModelSizes.size(example: "192"),
      "Width of the student's hidden states; a multiple of head_count."),
    OptionField(
      "head_count", \.headCount, ModelSizes.size(example: "6"),
      "Attention heads of a block. Heads are kept whole where hidden_size / head_count is the source's, and cut where it is less."
    ),
    OptionField(
      "feed_forward_size", \.feedForwardSize, ModelSizes.size(example: "768"),
      "Width inside the feed-forward part of a block."),
    OptionField(
      "by", \.reduction.method, .choice,
      "truncation: some columns of the hidden states are kept, the same in all layers. pca: hidden states are projected onto the "
        + "principal components of the source's word embeddings, and so is every matrix that reads or writes them. The scale of a "
        + "LayerNorm cannot be projected: its projection is a full matrix, of which the diagonal is kept. In both, some heads and "
        + "neurons are kept and the others cut."
    ),
    OptionField(
      "keep", \.reduction.kept, .choice,
      "Which columns (with by: truncation), heads and neurons are kept. importance: those with the largest share of the squared weights of the matrices "
        + "that they are in; first: the first ones."),
    OptionField(
      "scale", \.reduction.scale, .choice,
      "variance: a matrix that loses inputs is multiplied by √(old / new number of them), so that its outputs keep their variance; "
        + "with pca the scales of LayerNorms are multiplied instead of the matrices that read hidden states. none: weights as they are."
    ))
}

/// A family and sizes: a model built from nothing.
private struct ScratchSource: Sendable {
  let family: ModelFamily
  let sizes: ModelSizes

  static let options = OptionList(
    ScratchSource.init(family:sizes:),
    OptionField(
      "architecture", \.family, .choice.described(example: "bert"), "The model's family."),
    OptionField(
      "sizes", \.sizes, .map(ModelSizes.options),
      "Sizes of a model whose weights are drawn from the seed."))
}

// MARK: - The forms of a model

extension ModelDefinition {
  /// By the key that only this form has: a folder (`from`), layers of another model (`init_from`), or sizes from
  /// nothing (`sizes`).
  private static let forms: [(key: String, title: String, options: OptionList<ModelDefinition>)] = [
    ("from", "A model read from a folder or a checkpoint", ofFolder),
    ("init_from", "A student made from layers of another model", ofStudent),
    ("sizes", "A model of given sizes with random weights", fromNothing),
  ]

  static let schema = OptionSchema.forms(
    forms.map { OptionForm($0.title, .map($0.options.descriptions)) })

  /// - Returns: nil after a report of something that nothing can stand in for.
  static func read(_ node: DefinitionNode, _ name: String, _ map: MapReader) -> ModelDefinition? {
    guard let reader = MapReader(node, at: map.pathOf(name), map.collector) else { return nil }
    defer { reader.finish() }
    let given = forms.filter { reader.has($0.key) }
    guard given.count == 1, var model = given[0].options.read(reader) else {
      if given.count != 1 {
        map.report(
          Diagnostic(
            node.origin, reader.path,
            expected: "one of from (a folder), init_from (another model), sizes (from nothing)",
            found: given.isEmpty ? "none of them" : given.map(\.key).joined(separator: " and ")),
          name)
      }
      // The other keys belong to one of these forms; which ones are unknown cannot be told.
      _ = reader.ownNames
      return nil
    }
    model.name = name
    return model
  }

  var canonical: CanonicalValue {
    let options =
      switch source {
      case .folder, .randomWeights: Self.ofFolder
      case .layers, .randomStudent: Self.ofStudent
      case .scratch: Self.fromNothing
      }
    return .map(options.write(self))
  }

  private static let ofFolder = OptionList(
    { source, head, dropout, seed in
      ModelDefinition(
        name: "", source: source, maskedLMHead: head ?? nil, dropout: dropout, seed: seed)
    },
    OptionField(
      "from", \.source, folder,
      "A folder with config.json, weights and a vocabulary, or a checkpoint."),
    head, dropout, drawnSeed)

  private static let ofStudent = OptionList(
    { drawsWeights, student, _, head, dropout, seed in
      let own = student.architecture.defaults
      return ModelDefinition(
        name: "", source: drawsWeights ? .randomStudent(student) : .layers(student),
        // A student keeps the head of the model it is made of, if that has one (checked later).
        maskedLMHead: head ?? (drawsWeights ? nil : .copied),
        dropout: dropout
          ?? DropoutOptions(
            hidden: own.hiddenDropout, attention: own.attentionDropout,
            classifier: own.effectiveClassifierDropout), seed: seed)
    },
    OptionField(
      "random_weights", \.drawsWeights, .truth, otherwise: false,
      "Whether all weights are drawn from the seed; only the source's sizes are used."),
    OptionField(\.student, StudentSource.options), layerCount, head, dropout, drawnSeed)

  private static let fromNothing = OptionList(
    { source, head, dropout, seed in
      ModelDefinition(
        name: "", source: .scratch(source.family, source.sizes), maskedLMHead: head ?? nil,
        dropout: dropout, seed: seed)
    },
    OptionField(\.scratch, ScratchSource.options), head,
    OptionField(
      "dropout", \.ownDropout,
      .map(DropoutOptions.options, words: "{hidden, attention, classifier}"),
      "Dropout rates in training, required for models built from `sizes`.",
      advice: "write dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 } for BERT's"),
    drawnSeed)

  // MARK: Keys of several forms

  private static let folder: OptionType<ModelSource> = {
    let random = OptionType<ModelSource>.map(
      OptionList(
        { .randomWeights($0) },
        OptionField(
          "random", \.folder, ModelAddress.type,
          "A folder of which only the sizes and the vocabulary are used; weights are drawn from the seed."
        )))
    return OptionType(
      schema: .any([ModelAddress.type.schema, random.schema]), example: ModelAddress.type.example,
      standIn: .folder(.path("")),
      read: { node, key, map in
        node.entries == nil
          ? ModelAddress.type.read(node, key, map).map { .folder($0) } : random.read(node, key, map)
      },
      write: { source in
        if case .randomWeights = source { return random.write(source) }
        return ModelAddress.type.write(source.folder)
      })
  }()

  fileprivate enum HeadKind: String, CaseIterable, Sendable { case maskedLM = "masked_lm" }

  /// Always written, `none` too.
  private static let head: OptionField<ModelDefinition, HeadStart??> = {
    enum Absence: String, CaseIterable, Sendable { case none }
    let absence = OptionType<Absence>.choice
    let present = OptionType<HeadStart>.map(
      OptionList(
        { _, start in start },
        OptionField("kind", \.headKind, OptionType<HeadKind>.choice, "Which head."),
        OptionField(
          "init", \.self, .choice,
          "Its first weights. new: drawn from the seed. stored: those of the folder or checkpoint. copied: those of the "
            + "source's head."
        )))
    let type = OptionType<HeadStart?>(
      schema: .any([absence.schema, present.schema]), words: "none, or {kind, init}",
      example: "{ kind: masked_lm, init: new }",
      read: { node, key, map in
        guard node.entries == nil, node.items == nil else {
          return present.read(node, key, map).map { .some($0) }
        }
        if node.scalar == Absence.none.rawValue { return .some(nil) }
        map.reportWrong(node, key, expected: "none, or {kind: masked_lm, init: …}")
        return nil
      },
      write: { $0.map(present.write) ?? absence.write(.none) })
    return OptionField(
      optional: "head", \.writtenHead, type,
      "The head it is trained with. Default: for a student a copy of its source's, if that has one; otherwise none."
    )
  }()

  private static let dropout = OptionField<ModelDefinition, DropoutOptions?>(
    optional: "dropout", \.dropout, .map(DropoutOptions.options),
    "Dropout rates in training. Default: those of config.json; for a student those of its architecture."
  )

  private static let drawnSeed = OptionField<ModelDefinition, UInt64>.inheritedSeed(
    \.seed, "Seed of the random weights.")

  /// Said twice for a reader's sake; it has to agree with the layers.
  private static let layerCount = OptionField<ModelDefinition, Int?>(
    describedAs: [
      OptionDescription(
        key: "layer_count", schema: StudentSource.layerCount.schema,
        about: "How many layers; as `layers` has.", presence: .optional, example: "6")
    ],
    standIn: .some(nil),
    read: { map in
      guard let node = map.node("layer_count") else { return .some(nil) }
      let count = map.value("layer_count", StudentSource.layerCount)
      if let count, let layers = map.node("layers")?.items?.count, count != layers {
        map.reportWrong(
          node, "layer_count", expected: "\(layers), as 'layers' has",
          advice: "leave layer_count out, or name as many layers")
      }
      return .some(count)
    }, write: { _ in [] })
}

// MARK: What each form writes

extension ModelDefinition {
  fileprivate var drawsWeights: Bool {
    if case .randomStudent = source { true } else { false }
  }
  fileprivate var writtenHead: HeadStart?? { .some(maskedLMHead) }

  fileprivate var student: StudentSource {
    guard let student = source.student else { preconditionFailure("\(name) is no student") }
    return student
  }
  fileprivate var scratch: ScratchSource {
    guard case .scratch(let family, let sizes) = source else {
      preconditionFailure("\(name) is not built from nothing")
    }
    return ScratchSource(family: family, sizes: sizes)
  }
  fileprivate var ownDropout: DropoutOptions {
    guard let dropout else { preconditionFailure("\(name) has no dropout of its own") }
    return dropout
  }
}

extension ModelSource {
  fileprivate var folder: ModelAddress {
    guard let address else { preconditionFailure("a model that is in no folder") }
    return address
  }
}

extension HeadStart {
  fileprivate var headKind: ModelDefinition.HeadKind { .maskedLM }
}
