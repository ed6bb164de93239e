// Models that benchmarks time.
import ArgumentParser
import RetortBenchmarks
import RetortDistillation
import RetortExperimentPlan
import RetortText
import RetortTransformers

/// `--model M --weights random|stored`.
struct BenchModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "distilbert, minilm, minilm-l3 or bert-base with random weights; or a checkpoint (.h5), a Hugging Face "
        + "folder, hub:owner/name[@revision], or RUN#STAGE.", valueName: "model"))
  var model = PublishedSize.distilbert.rawValue

  @Option(help: ArgumentHelp("random: ignore stored weights.", valueName: "random|stored"))
  var weights: BenchmarkedModel.Weights?

  func open() throws -> BenchModel { try BenchModel(model, weights: weights, option: "--model") }
}

/// A published size by its name, or a stored model.
enum BenchModel {
  case published(PublishedSize)
  case stored(StoredModel, name: String, weights: BenchmarkedModel.Weights)

  /// - Parameters:
  ///   - text: a published size, such as `distilbert`, or what a person may call a stored model.
  ///   - weights: nil for those that are stored, or random ones where none are.
  ///   - option: where the model was named, for the error message.
  init(_ text: String, weights: BenchmarkedModel.Weights?, option: String) throws {
    if let size = PublishedSize(rawValue: text) {
      guard weights != .stored else {
        throw CommandFailure(
          "\(option) \(text): a size has no stored weights; name a folder or a checkpoint that has")
      }
      self = .published(size)
    } else {
      self = .stored(
        try StoredModel.open(text, option: option), name: text, weights: weights ?? .stored)
    }
  }

  /// The encoder with one head.
  /// - Parameter seed: of weights that are not stored.
  func make(head: RetortTransformers.ModelPart, seed: UInt64) throws -> BenchmarkedModel {
    try make(heads: [head], seed: seed)
  }

  /// The encoder with some heads, or without any.
  /// - Parameters:
  ///   - labels: of a classification head; nil for the model's own.
  ///   - seed: of weights that are not stored.
  func make(
    heads: Set<RetortTransformers.ModelPart>, labels: [String]? = nil, seed: UInt64
  ) throws -> BenchmarkedModel {
    guard case .stored(let stored, let name, .stored) = self else {
      var configuration = configuration
      if let labels { configuration.labels = labels }
      return BenchmarkedModel(name: name, configuration: configuration, heads: heads, seed: seed)
    }
    let missing = heads.subtracting(stored.parts).sorted()
    guard missing.isEmpty else {
      let parts = stored.parts.sorted().map(\.rawValue).joined(separator: ", ")
      throw CommandFailure(
        "\(stored.path): no \(missing[0].rawValue) head (it has \(parts)); --weights random times the "
          + "model with new weights")
    }
    let all: Set<RetortTransformers.ModelPart> = [
      .pooler, .maskedLanguage, .classification, .nextSentence,
    ]
    let model = try stored.load(
      heads: heads, labels: labels, ignoring: all.subtracting(heads), seed: seed)
    return BenchmarkedModel(name: name, weights: .stored, model: model)
  }

  /// As it was asked for.
  private var name: String {
    switch self {
    case .published(let size): size.rawValue
    case .stored(_, let name, _): name
    }
  }

  /// Its name and size, for a record.
  var words: String {
    let sizes = configuration
    return "\(name): \(sizes.layerCount) layers of \(sizes.hiddenSize), "
      + (isRandom ? "random weights" : "stored weights")
  }

  private var isRandom: Bool {
    if case .stored(_, _, .stored) = self { return false }
    return true
  }

  var configuration: TransformerConfiguration {
    switch self {
    case .published(let size): size.configuration
    case .stored(let stored, _, _): stored.configuration
    }
  }

  var dimensions: ModelDimensions {
    let sizes = configuration
    return ModelDimensions(
      layerCount: sizes.layerCount, hiddenSize: sizes.hiddenSize,
      vocabularySize: sizes.vocabularySize, classCount: sizes.labels.count,
      headCount: sizes.headCount)
  }

  /// The id of [MASK].
  var maskID: Int32 {
    (try? makeTokenizer().vocabulary.maskID) ?? MadeUpSentences.maskID
  }

  /// What cuts text into the model's tokens: its own, or for a published size the uncased one of BERT.
  /// - Throws: where a vocabulary was looked for.
  func makeTokenizer() throws -> BertTokenizer {
    if case .stored(let stored, _, _) = self { return stored.makeTokenizer() }
    return try Self.uncasedTokenizer()
  }

  /// The tokenizer that the built-in sizes share.
  static func uncasedTokenizer() throws -> BertTokenizer {
    let (vocabulary, settings) = try StoredVocabulary.read("hub:distilbert/distilbert-base-uncased")
    return BertTokenizer(vocabulary: vocabulary, options: settings.options)
  }
}

extension BenchModel {
  /// Refuses a student and a teacher that cannot read the same sequences.
  static func check(student: BenchModel, teacher: BenchModel, length: Int) throws {
    let models = [("--model", student.configuration), ("--teacher", teacher.configuration)]
    for (option, sizes) in models where length > sizes.maximumPositions {
      throw CommandFailure(
        "--length is \(length), \(option) has \(sizes.maximumPositions) positions")
    }
    let (own, taught) = (student.configuration.vocabularySize, teacher.configuration.vocabularySize)
    guard own == taught else {
      throw CommandFailure(
        "--teacher has a vocabulary of \(taught) words, --model one of \(own); teacher and student "
          + "read the same token ids")
    }
  }
}

extension Observations {
  /// The heads whose logits are read.
  var heads: Set<RetortTransformers.ModelPart> {
    Set(
      (vocabularyLogits == nil ? [] : [.maskedLanguage]) + (classLogits ? [.classification] : []))
  }
}
