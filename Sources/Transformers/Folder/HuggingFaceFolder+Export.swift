// Writing a folder that transformers 4.44.2 loads.
import Glibc
import RetortFiles
import RetortStorage

/// What was written, and what was not.
public struct ExportReport: Sendable, Equatable {
  /// The class of transformers that loads the folder.
  public let architecture: String
  /// Parts of the model that this class does not have.
  public let leftOut: [ModelPart]
  /// What a reader should know, one sentence each.
  public let notes: [String]
}

extension HuggingFaceFolder {
  /// The files of a folder that `write` makes.
  public static let writtenNames = [
    "vocab.txt", "tokenizer_config.json", "model.safetensors", "config.json",
  ]

  /// Files of another model that would be read with those that `write` makes, or in their place.
  private static let otherNames =
    WeightForm.allCases.map(\.rawValue) + FolderTokenizer.vocabularyFiles + [
      "added_tokens.json", "special_tokens_map.json", "generation_config.json", "tf_model.h5",
      "flax_model.msgpack",
    ]

  /// Clears a folder of the model in it, so that its files and another model's are never mixed: config.json first,
  /// since a folder with one is complete. Files that belong to no model stay.
  public static func removeModel(in path: String) throws(FileError) {
    func isOfModel(_ name: String) -> Bool {
      writtenNames.contains(name) || otherNames.contains(name)
        || (name.hasPrefix("model-") && name.hasSuffix(".safetensors"))
        || (name.hasPrefix("pytorch_model-") && name.hasSuffix(".bin"))
    }
    let names = try Folder.names(path: path).filter(isOfModel)
    for name in names.filter({ $0 == "config.json" }) + names.filter({ $0 != "config.json" }) {
      guard unlink("\(path)/\(name)") == 0 || errno == ENOENT else {
        throw .failed(action: "remove", path: "\(path)/\(name)", code: errno)
      }
    }
  }

  /// Writes config.json, model.safetensors, vocab.txt and tokenizer_config.json, each whole or not at all,
  /// the weights last but for config.json, so that a folder with a config.json is complete.
  /// - Parameters:
  ///   - model: written as the class that has its head: for sequence classification, for masked language
  ///     modelling, or the bare model.
  ///   - vocabulary: the bytes of vocab.txt, one token a line.
  ///   - path: the folder; created if need be.
  @discardableResult
  public static func write(
    _ model: TransformerModel, vocabulary: [UInt8], tokenizer: TokenizerSettings, to path: String
  ) throws(ModelFolderError) -> ExportReport {
    let configuration = model.configuration
    let form = ExportForm(model)
    let count = FolderTokenizer.tokens(vocabulary).count
    guard (1...configuration.vocabularySize).contains(count) else {
      throw .vocabularySize(
        path: "vocabulary", expected: configuration.vocabularySize, found: count)
    }
    let names = WeightNames.huggingFace(configuration).namesByPath(prefixed: form.hasHead)
    var tensors: [StoredTensor] = []
    for parameter in form.parts.compactMap({ model.module(of: $0) }).flatMap({ $0.parameters }) {
      guard let name = names[parameter.path] else {
        throw .notExportable("\(parameter.path) has no name in transformers")
      }
      tensors.append(
        StoredTensor(
          path: name, shape: parameter.shape, values: UnsafeBufferPointer(parameter.values)))
    }
    do {
      try Folder.create(path: path)
      try AtomicFile.replace(path: "\(path)/vocab.txt", with: vocabulary)
      try AtomicFile.replace(
        path: "\(path)/tokenizer_config.json", with: tokenizer.text(for: configuration))
    } catch { throw .file(error) }
    do {
      try SafetensorsWriter.write(
        path: "\(path)/model.safetensors", tensors: tensors.sorted { $0.path < $1.path })
    } catch { throw .safetensors(error) }
    do {
      try AtomicFile.replace(
        path: "\(path)/config.json",
        with: ConfigurationFile.text(of: configuration, architecture: form.architecture))
    } catch { throw .file(error) }
    return ExportReport(
      architecture: form.architecture, leftOut: model.parts.subtracting(form.parts).sorted(),
      notes: form.notes)
  }
}

/// The class of transformers that a model is written as.
public struct ExportForm {
  /// Such as `DistilBertForMaskedLM`.
  public let architecture: String
  let parts: [ModelPart]
  let hasHead: Bool
  let notes: [String]

  public init(_ model: TransformerModel) {
    let family = model.configuration.family
    var notes: [String] = []
    var parts: Set<ModelPart> = [.encoder]
    let head = [ModelPart.classification, .maskedLanguage].first { model.parts.contains($0) }
    architecture = family.className(head: head)
    hasHead = head != nil
    switch head {
    case .classification?: parts.formUnion([.pooler, .classification])
    case .maskedLanguage?: parts.insert(.maskedLanguage)
    default:
      parts.insert(.pooler)
      if family.structure.hasPooler, model.pooler == nil {
        notes.append(
          "the model has no pooler: transformers makes a new one when it loads \(architecture)")
      }
    }
    self.parts = parts.intersection(model.parts).sorted()
    self.notes = notes
  }
}
