// A folder as transformers saves models: config.json, model.safetensors, vocab.txt.
import RetortFiles
import RetortStorage

/// A model folder whose configuration has been read; weights are read by `loadModel`.
public struct HuggingFaceFolder: Sendable {
  public let path: String
  public let configuration: TransformerConfiguration
  public let tokenizer: TokenizerSettings
  /// What a reader should know, one sentence each.
  public let notes: [String]

  public var weightsPath: String { "\(path)/model.safetensors" }
  /// Where the vocabulary is; `hasVocabulary` says whether it is there.
  public var vocabularyPath: String { "\(path)/vocab.txt" }

  /// Reads the configuration and the tokenizer's settings and counts the vocabulary.
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
    var notes = file.notes
    if names.contains("tokenizer_config.json") {
      tokenizer = try TokenizerSettings(
        path: "\(path)/tokenizer_config.json", families: families)
    } else {
      tokenizer = .uncased
      notes.append("no tokenizer_config.json: text is lower-cased, as transformers does then")
    }
    self.notes = notes
    hasWeights = names.contains("model.safetensors")
    hasVocabulary = names.contains("vocab.txt")
    otherWeights = names.filter {
      $0.hasSuffix(".bin") || $0.hasSuffix(".h5") || $0.hasSuffix(".msgpack")
        || $0.hasSuffix(".safetensors.index.json")
    }.sorted()
    if hasVocabulary { try checkVocabularySize() }
  }

  public let hasWeights: Bool
  public let hasVocabulary: Bool
  private let otherWeights: [String]

  /// Builds the model with the given heads and reads its weights.
  /// - Parameters:
  ///   - heads: which heads to build; see `TransformerModel.init`.
  ///   - labels: the classes, if not those of the configuration.
  ///   - origins: where parts come from; a part that is not named must be stored.
  ///   - ignoring: parts the file may have and the model does not want.
  ///   - seed: for parts with new values.
  public func loadModel(
    heads: Set<ModelPart>, labels: [String]? = nil, origins: [ModelPart: PartOrigin] = [:],
    ignoring: Set<ModelPart> = [], seed: UInt64
  ) throws(ModelFolderError) -> (model: TransformerModel, report: WeightReport) {
    guard hasWeights else { throw .noWeights(folder: path, found: otherWeights) }
    var configuration = configuration
    if let labels { configuration.labels = labels }
    let file: SafetensorsFile
    do { file = try SafetensorsFile(path: weightsPath) } catch { throw .safetensors(error) }
    do {
      return try TransformerModel.loading(
        configuration, heads: heads, from: file, names: .huggingFace(configuration),
        origins: origins, ignoring: ignoring, seed: seed)
    } catch { throw .weights(error) }
  }

  /// The parts the weight file has anything of, without reading any of it.
  public func storedParts() throws(ModelFolderError) -> Set<ModelPart> {
    guard hasWeights else { throw .noWeights(folder: path, found: otherWeights) }
    let names = WeightNames.huggingFace(configuration)
    do {
      return Set(
        try SafetensorsFile(path: weightsPath).entries.compactMap {
          names.meaning(of: $0.name)?.part
        }
      )
    } catch { throw .safetensors(error) }
  }

  private func checkVocabularySize() throws(ModelFolderError) {
    let bytes: [UInt8]
    do { bytes = try MappedFile.contents(path: vocabularyPath) } catch { throw .file(error) }
    let count = Self.lineCount(bytes)
    guard count == configuration.vocabularySize else {
      throw .vocabularySize(
        path: vocabularyPath, expected: configuration.vocabularySize, found: count)
    }
  }

  /// Lines, whether or not the last one ends.
  static func lineCount(_ bytes: some Collection<UInt8>) -> Int {
    var ends = 0
    var isOpen = false
    for byte in bytes {
      isOpen = byte != UInt8(ascii: "\n")
      if !isOpen { ends += 1 }
    }
    return ends + (isOpen ? 1 : 0)
  }
}
