// Why a model folder cannot be read or written.
import RetortFiles
import RetortStorage

public enum ModelFolderError: Error, Equatable, CustomStringConvertible {
  case file(FileError)
  case configuration(ConfigurationError)
  /// - found: other weight files that are there and cannot be read.
  case noWeights(folder: String, found: [String])
  case safetensors(SafetensorsError)
  case torch(TorchFileError)
  /// An index of weight files, everything that is wrong with it.
  case index(path: String, problems: [String])
  case weights(WeightError)
  case vocabularySize(path: String, expected: Int, found: Int)
  /// Files that ask for another tokenizer than BERT's, or contradict each other.
  case tokenizer(path: String, reason: String)
  /// The model has parts of which no class of transformers has all.
  case notExportable(String)

  public var description: String {
    switch self {
    case .file(let error): return error.description
    case .configuration(let error): return error.description
    case .noWeights(let folder, let found):
      let others = found.isEmpty ? "" : " (\(found.joined(separator: ", ")) cannot be read)"
      return
        "\(folder): no model.safetensors or pytorch_model.bin\(others); download it from the model's page on "
        + "huggingface.co, or save the model with transformers' save_pretrained"
    case .safetensors(let error): return error.description
    case .torch(let error): return error.description
    case .index(let path, let problems):
      let rest = problems.count - 5
      return "\(path): \(problems.prefix(5).joined(separator: "; "))"
        + (rest > 0 ? "; and \(rest) more" : "")
    case .weights(let error): return error.description
    case .vocabularySize(let path, let expected, let found):
      return
        "\(path): \(found) tokens, expected at most \(expected), the vocabulary size of the model"
    case .tokenizer(let path, let reason): return "\(path): \(reason)"
    case .notExportable(let reason): return "the model cannot be exported: \(reason)"
    }
  }
}
