// A folder as transformers saves models: config.json, weights, vocab.txt or tokenizer.json.
import RetortFiles
import RetortStorage

/// A model folder whose configuration and tokenizer have been read; weights are read by `loadModel`.
public struct HuggingFaceFolder: Sendable {
  public let path: String
  public let configuration: TransformerConfiguration
  public let tokenizer: TokenizerSettings
  /// The text of vocab.txt, whichever file the vocabulary is in; nil where there is none.
  public let vocabulary: [UInt8]?
  /// The file that the vocabulary is in.
  public let vocabularyPath: String
  /// Nil where there are no weights that can be read.
  public let weightForm: WeightForm?
  /// What a reader should know, one sentence each.
  public let notes: [String]
  /// What no file says, and is as transformers takes it then.
  public let assumptions: [String]
  /// Weight files that are there and cannot be read.
  private let otherWeights: [String]

  /// Reads the configuration first, so that a model of another family is refused for what it is, then the tokenizer,
  /// whose vocabulary must fit into the model's.
  /// - Parameter families: that the model may be of.
  public init(
    path: String, families: [ModelFamily] = ModelFamilies.all
  ) throws(ModelFolderError) {
    self.path = path
    let names: Set<String>
    do { names = Set(try Folder.names(path: path)) } catch { throw .file(error) }
    let file: ConfigurationFile
    do { file = try ConfigurationFile(path: "\(path)/config.json", families: families) } catch {
      throw .configuration(error)
    }
    configuration = file.configuration
    let text = try FolderTokenizer(path: path, families: families)
    var settings = text.settings
    settings.dropLimit(of: configuration)
    tokenizer = settings
    (vocabulary, vocabularyPath) = (text.vocabulary, text.path)
    var notes = file.notes + text.notes
    assumptions = text.assumptions
    weightForm = WeightForm(among: names)
    otherWeights = names.filter { $0.hasSuffix(".h5") || $0.hasSuffix(".msgpack") }.sorted()
    if text.vocabulary != nil, text.tokenCount != configuration.vocabularySize {
      guard text.tokenCount < configuration.vocabularySize else {
        throw .vocabularySize(
          path: text.path, expected: configuration.vocabularySize, found: text.tokenCount)
      }
      notes.append(
        "the vocabulary has \(text.tokenCount) tokens and the model "
          + "\(configuration.vocabularySize) embeddings; the last ones are unused")
    }
    self.notes = notes
  }

  /// The weights, of which nothing is read but names and shapes.
  public func weights() throws(ModelFolderError) -> FolderWeights {
    guard let weightForm else { throw .noWeights(folder: path, found: otherWeights) }
    return try FolderWeights(folder: path, form: weightForm)
  }

  /// Builds the model with the given heads and reads its weights.
  /// - Parameters:
  ///   - heads: which heads to build; see `TransformerModel.init`.
  ///   - labels: the classes, if not those of the configuration.
  ///   - origins: where parts come from; a part that is not named must be stored.
  ///   - ignoring: parts the file may have and the model does not want.
  ///   - opened: the folder's weights, if they have been opened.
  ///   - seed: for parts with new values.
  public func loadModel(
    heads: Set<ModelPart>, labels: [String]? = nil, origins: [ModelPart: PartOrigin] = [:],
    ignoring: Set<ModelPart> = [], from opened: FolderWeights? = nil, seed: UInt64
  ) throws(ModelFolderError) -> (model: TransformerModel, report: WeightReport) {
    var configuration = configuration
    if let labels { configuration.labels = labels }
    let weights = if let opened { opened } else { try weights() }
    do {
      return try TransformerModel.loading(
        configuration, heads: heads, from: weights, names: .huggingFace(configuration),
        origins: origins, ignoring: ignoring, seed: seed)
    } catch { throw .weights(error) }
  }

  /// The parts that the weights have anything of, without reading any of them.
  public func parts(of weights: FolderWeights) -> Set<ModelPart> {
    let names = WeightNames.huggingFace(configuration)
    return Set(weights.tensorNames.compactMap { names.meaning(of: $0)?.part })
  }
}
