// The facts of weights in the form of the hub: a model's folder, a safetensors file.
import RetortExperimentPlan
import RetortFormatting
import RetortStorage
import RetortTransformers

extension Inspection {
  init(folder: HuggingFaceFolder) throws {
    self.init(path: folder.path, kind: "model of the published form")
    add(folder.configuration)
    let options = folder.tokenizer.options
    add(
      "tokenizer",
      [
        options.lowercase ? "lower-cases" : "keeps case",
        options.stripAccents ? "strips accents" : "keeps accents",
        options.splitsCJK ? "splits ideographs" : "keeps ideographs together",
      ].joined(separator: ", "))
    let file = folder.vocabularyPath.split(separator: "/").last.map(String.init)
    add(file ?? "vocabulary", folder.vocabulary == nil ? "missing" : "there")
    if let length = folder.tokenizer.maximumLength { add("longest text", "\(length) tokens") }
    if !folder.tokenizer.addedTokens.isEmpty {
      add(
        "added tokens",
        folder.tokenizer.addedTokens.map { "\($0.content) (\($0.id))" }.joined(separator: ", "))
    }
    for note in folder.assumptions + folder.notes { add("note", note) }
    guard let form = folder.weightForm else {
      add("weights", "none that can be read")
      return
    }
    if form != .safetensors { add("weights", form.rawValue) }
    let weights = try folder.weights()
    add("parts", folder.parts(of: weights).sorted().map(\.rawValue).joined(separator: ", "))
    addTensors(of: weights)
  }

  init(weights: SafetensorsFile) {
    self.init(path: weights.path, kind: "safetensors")
    for (name, value) in weights.metadata.sorted(by: { $0.key < $1.key }) {
      add("metadata \(name)", value)
    }
    addTensors(of: weights)
  }

  /// What kind of model it is.
  mutating func add(_ configuration: TransformerConfiguration) {
    add("family", configuration.family.name)
    add(
      "sizes",
      "\(configuration.layerCount) layers of \(configuration.hiddenSize), "
        + "\(configuration.headCount) heads, feed-forward \(configuration.feedForwardSize), "
        + "\(configuration.vocabularySize.grouped) words, "
        + "\(configuration.maximumPositions) positions")
    add("classes", configuration.labels.joined(separator: ", "))
  }

  private mutating func addTensors(of file: some WeightFile) {
    tensors = file.tensorNames.map { name in
      TensorFact(
        name: name, shape: file.shape(ofTensor: name) ?? [],
        type: file.elementType(ofTensor: name) ?? "")
    }
    add("parameters", (tensors.reduce(0) { $0 + $1.shape.reduce(1, *) }).grouped)
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
