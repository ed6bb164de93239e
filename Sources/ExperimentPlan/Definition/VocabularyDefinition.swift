// The vocabulary of a definition: a model's, a folder's, or one that is trained.
import RetortOptions
import RetortTransformers

public enum VocabularySource: Sendable, Equatable {
  /// Of a model read from a folder.
  case model(String)
  case folder(ModelAddress)
  /// A WordPiece vocabulary of `size` entries, trained on the texts.
  case trained(texts: [CorpusSource], size: Int)
}

public struct VocabularyDefinition: Sendable, Equatable {
  public var source: VocabularySource
  /// Nil: as the tokenizer_config.json beside the vocabulary says; never nil for a trained one.
  public var lowercase: Bool?

  static let options = OptionList(
    VocabularyDefinition.init(source:lowercase:), sourceField,
    OptionField(
      optional: "lowercase", \.lowercase, .truth,
      "Whether text is put in lower case. Default: as the folder's tokenizer_config.json says; true for a trained one."
    )
  )

  /// Stands for one that was refused: nothing is known of its words.
  static let unknown = VocabularyDefinition(source: .model(""), lowercase: nil)

  static let type = OptionType<VocabularyDefinition>.map(
    options, words: "{train: {corpus: [NAME], size: N}} or {from: …}", oneOf: ["from", "train"])

  /// The vocabulary where nothing is written: that of the first model read from a folder.
  /// - Returns: nil after a report.
  static func standing(in top: MapReader) -> VocabularyDefinition? {
    let models = top.node("models")?.entries ?? []
    if let published = models.first(where: { $0.value["from"] != nil }) {
      return VocabularyDefinition(source: .model(published.key), lowercase: nil)
    }
    // A model that says nothing of where it comes from is reported by itself.
    let others = models.filter { $0.value["init_from"] != nil || $0.value["sizes"] != nil }
    if !models.isEmpty, others.count == models.count {
      top.reportMissing(
        "vocabulary", expected: type.words, advice: "no model is read from a folder that has one")
    }
    return nil
  }

  private struct Training: Sendable {
    let texts: [CorpusSource]
    let size: Int

    static let options = OptionList(
      Training.init(texts:size:),
      OptionField("corpus", \.texts, CorpusSource.references, "The texts it is trained on."),
      OptionField(
        "size", \.size,
        .integer(
          atLeast: 100, atMost: TransformerConfiguration.largestSize, example: "2_000"),
        "Entries, special tokens counted."
      )
    )
  }

  /// `from` or `train`.
  private static let sourceField: OptionField<VocabularyDefinition, VocabularySource> = {
    let from = OptionType<String>.text(
      "a model's name, \(ModelAddress.form)", example: "teacher")
    let train = OptionType<Training>.map(Training.options)
    return OptionField(
      describedAs: [
        OptionDescription(
          key: "from", schema: from.schema,
          about: "The vocabulary of a model or a folder. Either this or `train`.",
          presence: .optional, example: from.example),
        OptionDescription(
          key: "train", schema: train.schema,
          about: "A WordPiece vocabulary trained on texts. Either this or `from`.",
          presence: .optional, example: train.example),
      ],
      standIn: unknown.source,
      read: { map in
        guard let node = map.node("from") else {
          return map.required(
            "train", expected: "from: MODEL, or train: {corpus, size}",
            map.value("train", train).map { .trained(texts: $0.texts, size: $0.size) })
        }
        if let train = map.node("train") {
          map.reportWrong(train, "train", expected: "either 'from' or 'train'")
        }
        if let name = node.scalar,
          (map.collector as? DefinitionDecoding)?.modelNames.contains(name) == true
        {
          return .model(name)
        }
        return ModelAddress.type.read(node, "from", map).map { .folder($0) }
      },
      write: { definition in
        switch definition.source {
        case .model(let name): [("from", .text(name))]
        case .folder(let address): [("from", .text(address.description))]
        case .trained(let texts, let size):
          [("train", train.write(Training(texts: texts, size: size)))]
        }
      })
  }()
}
