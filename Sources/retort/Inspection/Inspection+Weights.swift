// The facts of weights in the form of the hub: a model's folder, a safetensors file.
import RetortExperimentPlan
import RetortFormatting
import RetortStorage
import RetortTransformers

extension Inspection {
  init(folder: HuggingFaceFolder) throws {
    self.init(path: folder.path, kind: "model of the published form")
    let configuration = folder.configuration
    add("family", configuration.family.name)
    add(
      "sizes",
      "\(configuration.layerCount) layers of \(configuration.hiddenSize), "
        + "\(configuration.headCount) heads, feed-forward \(configuration.feedForwardSize), "
        + "\(configuration.vocabularySize.grouped) words, "
        + "\(configuration.maximumPositions) positions")
    add("classes", configuration.labels.joined(separator: ", "))
    let options = folder.tokenizer.options
    add(
      "tokenizer",
      [
        options.lowercase ? "lower-cases" : "keeps case",
        options.stripAccents ? "strips accents" : "keeps accents",
        options.splitsCJK ? "splits ideographs" : "keeps ideographs together",
      ].joined(separator: ", "))
    add("vocab.txt", folder.hasVocabulary ? "there" : "missing")
    for note in folder.notes { add("note", note) }
    guard folder.hasWeights else {
      add("weights", "no model.safetensors")
      return
    }
    add("parts", try folder.storedParts().sorted().map(\.rawValue).joined(separator: ", "))
    addTensors(of: try SafetensorsFile(path: folder.weightsPath))
  }

  init(weights: SafetensorsFile) {
    self.init(path: weights.path, kind: "safetensors")
    for (name, value) in weights.metadata.sorted(by: { $0.key < $1.key }) {
      add("metadata \(name)", value)
    }
    addTensors(of: weights)
  }

  private mutating func addTensors(of file: SafetensorsFile) {
    add("parameters", (file.entries.reduce(0) { $0 + $1.elementCount }).grouped)
    tensors = file.entries.map {
      TensorFact(name: $0.name, shape: $0.shape, type: $0.type.rawValue)
    }
  }

  init(store: FileSummary, path: String) {
    self.init(path: path, kind: store.kind.rawValue)
    add("digest", store.digest)
    add("size", "\(store.byteCount.grouped) bytes")
    for (group, values) in store.attributes.sorted(by: { $0.key < $1.key }) {
      for (name, value) in values.sorted(by: { $0.key < $1.key }) {
        add((group == "/" ? "" : "\(group) ") + name, "\(value)")
      }
    }
    tensors = store.arrays.map {
      TensorFact(name: $0.path, shape: $0.shape, type: $0.type.rawValue)
    }
  }
}
