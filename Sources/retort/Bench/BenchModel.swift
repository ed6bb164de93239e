// Models that benchmarks time.
import ArgumentParser
import RetortBenchmarks
import RetortExperimentPlan
import RetortText
import RetortTransformers

/// `--model M --weights random|stored`.
struct BenchModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "distilbert, minilm or bert-base with random weights; or a checkpoint (.h5), a Hugging Face "
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
  ///   - text: `distilbert`, `minilm`, `bert-base`, or what a person may call a stored model.
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

  /// The model with one head, and the encoder.
  /// - Parameter seed: of weights that are not stored.
  func make(head: RetortTransformers.ModelPart, seed: UInt64) throws -> BenchmarkedModel {
    switch self {
    case .published(let size):
      return BenchmarkedModel(
        name: size.rawValue, configuration: size.configuration, heads: [head], seed: seed)
    case .stored(let stored, let name, .random):
      return BenchmarkedModel(
        name: name, configuration: stored.configuration, heads: [head], seed: seed)
    case .stored(let stored, let name, .stored):
      guard stored.parts.contains(head) else {
        let parts = stored.parts.sorted().map(\.rawValue).joined(separator: ", ")
        throw CommandFailure(
          "\(stored.path): no \(head.rawValue) head (it has \(parts)); --weights random times the "
            + "model with new weights")
      }
      let heads: Set<RetortTransformers.ModelPart> = [
        .pooler, .maskedLanguage, .classification, .nextSentence,
      ]
      let model = try stored.load(heads: [head], ignoring: heads.subtracting([head]), seed: seed)
      return BenchmarkedModel(name: name, weights: .stored, model: model)
    }
  }

  var configuration: TransformerConfiguration {
    switch self {
    case .published(let size): size.configuration
    case .stored(let stored, _, _): stored.configuration
    }
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
