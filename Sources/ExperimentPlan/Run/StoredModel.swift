// A model on disk that can be used by itself: a checkpoint of ours or a folder of the published form.
import Foundation
import RetortDistillation
import RetortFiles
import RetortOptions
import RetortStorage
import RetortText
import RetortTransformers

/// Configuration, vocabulary and weights of a stored model, read strictly.
public struct StoredModel {
  public let path: String
  public let configuration: TransformerConfiguration
  public let vocabulary: Vocabulary
  /// The text of vocab.txt, whichever file the vocabulary is in.
  public let vocabularyFile: [UInt8]
  public let tokenizer: TokenizerSettings
  /// Parts whose weights are stored.
  public let parts: Set<ModelPart>
  /// SHA-256 of the weights' file, in hexadecimal; of several as `WeightForm.digest` says.
  public let digest: String
  /// What a reader should know, one sentence each.
  public let notes: [String]
  private let source: Source

  private enum Source {
    case checkpoint(Checkpoint)
    case folder(HuggingFaceFolder, FolderWeights)
  }

  /// - Parameter path: a checkpoint `.h5`, or a folder with config.json, weights and a vocabulary.
  public init(path: String) throws {
    self.path = path
    if Folder.exists(path: path) {
      let folder = try HuggingFaceFolder(path: path)
      configuration = folder.configuration
      let weights = try folder.weights()
      vocabularyFile = folder.vocabulary ?? []
      vocabulary = try Vocabulary(text: vocabularyFile, path: folder.vocabularyPath)
      tokenizer = folder.tokenizer
      parts = folder.parts(of: weights)
      digest = try weights.form.digest(in: path)
      notes = folder.notes
      source = .folder(folder, weights)
      return
    }
    let checkpoint = try Checkpoint(path: path)
    func file(_ name: String) throws -> [UInt8] {
      guard let bytes = checkpoint.files[name] else {
        throw CheckpointError.missing(path: path, name: "/files/\(name)")
      }
      return bytes
    }
    configuration = try ConfigurationFile(
      json: Data(file(ModelCheckpoint.configurationFile)),
      path: "\(path), \(ModelCheckpoint.configurationFile)"
    ).configuration
    vocabularyFile = try file(ModelCheckpoint.vocabularyFile)
    vocabulary = try Vocabulary(
      text: vocabularyFile, path: "\(path), \(ModelCheckpoint.vocabularyFile)")
    var settings = try TokenizerSettings(
      json: Data(file(ModelCheckpoint.tokenizerFile)),
      path: "\(path), \(ModelCheckpoint.tokenizerFile)")
    settings.dropLimit(of: configuration)
    tokenizer = settings
    notes = []
    let names = WeightNames.own(configuration)
    parts = Set(checkpoint.tensorNames().compactMap { names.meaning(of: $0)?.part })
    digest = checkpoint.digest
    source = .checkpoint(checkpoint)
  }

  /// The model with the given heads.
  /// - Parameters:
  ///   - heads: which heads to build; the encoder is always there.
  ///   - labels: the classes, if not the stored ones.
  ///   - origins: where parts come from; a part that is not named must be stored.
  ///   - ignoring: stored parts that are not wanted.
  ///   - mapping: whether a checkpoint's weights stay a view of its file: for a model that only computes.
  ///   - seed: for parts with new values.
  public func load(
    heads: Set<ModelPart>, labels: [String]? = nil,
    origins: [ModelPart: PartOrigin] = [:],
    ignoring: Set<ModelPart> = [], mapping: Bool = false, seed: UInt64
  ) throws -> TransformerModel {
    switch source {
    case .folder(let folder, let weights):
      return try folder.loadModel(
        heads: heads, labels: labels, origins: origins, ignoring: ignoring, from: weights,
        seed: seed
      ).model
    case .checkpoint(let checkpoint):
      var configuration = configuration
      if let labels { configuration.labels = labels }
      return try TransformerModel.loading(
        configuration, heads: heads, from: CheckpointWeights(checkpoint),
        names: .own(configuration), origins: origins, ignoring: ignoring, mapping: mapping,
        seed: seed
      ).model
    }
  }

  /// The model with every part that is stored and that can be built.
  public func load() throws -> TransformerModel {
    try load(
      heads: parts.subtracting([.encoder, .nextSentence]), ignoring: [.nextSentence], seed: 0)
  }

  /// Tokens of the longest sequence that the model takes.
  public var maximumLength: Int {
    min(configuration.maximumPositions, tokenizer.maximumLength ?? .max)
  }

  public func makeTokenizer() -> BertTokenizer {
    BertTokenizer(vocabulary: vocabulary, options: tokenizer.options)
  }
}
