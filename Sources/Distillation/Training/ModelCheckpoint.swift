import RetortNumbers
import RetortStorage
import RetortTransformers

/// A model's weights in a checkpoint, under their own paths.
public enum ModelCheckpoint {
  /// Names of the files that make a checkpoint usable by itself.
  public static let configurationFile = "config.json"
  public static let vocabularyFile = "vocab.txt"
  public static let tokenizerFile = "tokenizer_config.json"

  /// The files that make a checkpoint usable by itself, as a folder of the published form would hold them.
  /// - Parameters:
  ///   - vocabulary: the text of vocab.txt.
  public static func files(
    of model: TransformerModel, vocabulary: [UInt8], tokenizer: TokenizerSettings
  ) -> [String: [UInt8]] {
    [
      configurationFile: Array(
        ConfigurationFile.text(
          of: model.configuration, architecture: ExportForm(model).architecture
        ).utf8),
      vocabularyFile: vocabulary,
      tokenizerFile: Array(tokenizer.text(for: model.configuration).utf8),
    ]
  }

  /// The model's part of a checkpoint; its memory is borrowed.
  public static func content(
    of model: TransformerModel, attributes: [String: StoredValue], files: [String: [UInt8]]
  ) -> CheckpointContent {
    var content = CheckpointContent()
    content.model = model.storedTensors
    content.attributes = attributes
    content.files = files
    return content
  }

  /// Copies the weights into a model of exactly the same parameters; they must be finite.
  public static func load(
    _ checkpoint: Checkpoint, into model: TransformerModel
  ) throws(CheckpointError) {
    let parameters = model.parameters
    try checkpoint.validate(
      expected: parameters.map { TensorShape(path: $0.path, shape: $0.shape) })
    var notFinite: [String] = []
    for parameter in parameters {
      try checkpoint.read(parameter.path, into: parameter.values)
      if UnsafeBufferPointer(parameter.values).nonFiniteCount > 0 {
        notFinite.append(parameter.path)
      }
    }
    guard notFinite.isEmpty else { throw .notFinite(path: checkpoint.path, names: notFinite) }
  }

  public static func load(
    path: String, into model: TransformerModel
  ) throws(CheckpointError) {
    try load(Checkpoint(path: path), into: model)
  }
}
