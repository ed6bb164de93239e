// Models and stages as one graph: what needs what, in which order, and what each one is.
import RetortTransformers

/// What is known of a model at some point of the graph, without loading it.
struct ModelShape: Sendable, Equatable {
  var family: ModelFamily?
  var layerCount: Int?
  var hiddenSize: Int?
  var maximumPositions: Int?
  /// Nil where the vocabulary is not at hand.
  var vocabularySize: Int?
  /// Nil where it begins from a folder that is not at hand, or a size is wrong. Where only the vocabulary's size is unknown, 1 stands for it.
  var configuration: TransformerConfiguration?
  var hasMaskedLMHead: Bool
  /// That of a fine-tuning, or one that is stored in a folder or checkpoint.
  var classifier: ClassifierShape?

  init(_ configuration: TransformerConfiguration?, vocabularySize: Int?) {
    self.configuration = configuration
    (family, layerCount) = (configuration?.family, configuration?.layerCount)
    (hiddenSize, maximumPositions) = (configuration?.hiddenSize, configuration?.maximumPositions)
    self.vocabularySize = vocabularySize
    hasMaskedLMHead = false
  }

  /// Takes back what a wrong size was the reason for.
  /// - Parameter isMistaken: whether the size of that key is wrong.
  mutating func forget(_ isMistaken: (_ key: String) -> Bool) {
    if isMistaken("hidden_size") { hiddenSize = nil }
    if isMistaken("layer_count") { layerCount = nil }
    if isMistaken("maximum_positions") { maximumPositions = nil }
    let shaping = [
      "hidden_size", "layer_count", "head_count", "feed_forward_size", "maximum_positions",
    ]
    if shaping.contains(where: isMistaken) { configuration = nil }
  }
}

struct DefinitionGraph {
  let models: [String: ModelDefinition]
  let stages: [String: StageDefinition]
  let texts: [String: TextStage]
  /// Names in the order of the definition, models first.
  let names: [String]
  private let vocabulary: VocabularySource

  init(_ definition: ResolvedDefinition) {
    models = Dictionary(definition.models.map { ($0.name, $0) }) { first, _ in first }
    stages = Dictionary(definition.stages.map { ($0.id, $0) }) { first, _ in first }
    texts = Dictionary(definition.texts.map { ($0.id, $0) }) { first, _ in first }
    names = definition.models.map(\.name) + definition.allStages.map(\.id)
    vocabulary = definition.vocabulary.source
  }

  func inputs(of name: String) -> [String] {
    if let work: any StageWork = stages[name]?.work ?? texts[name]?.work {
      return work.inputs.map(\.name) + work.textStages
    }
    switch models[name]?.source {
    case .layers(let student), .randomStudent(let student): return [student.of]
    default: return []
    }
  }

  /// The names along the first cycle found, the first repeated at the end; nil without one.
  func cycle() -> [String]? {
    var finished: Set<String> = []
    func search(_ name: String, _ trail: [String]) -> [String]? {
      if let start = trail.firstIndex(of: name) { return Array(trail[start...]) + [name] }
      guard !finished.contains(name) else { return nil }
      for input in inputs(of: name) {
        if let found = search(input, trail + [name]) { return found }
      }
      finished.insert(name)
      return nil
    }
    for name in names {
      if let found = search(name, []) { return found }
    }
    return nil
  }

  /// Every name after everything that it needs; otherwise in the order of the definition.
  /// The graph has no cycle.
  func ordered() -> [String] {
    var result: [String] = []
    var seen: Set<String> = []
    func visit(_ name: String) {
      guard seen.insert(name).inserted else { return }
      inputs(of: name).forEach(visit)
      result.append(name)
    }
    names.forEach(visit)
    return result
  }

  /// Where the definition's vocabulary is read; nil for one that is trained.
  var vocabularyAddress: ModelAddress? {
    switch vocabulary {
    case .trained: nil
    case .folder(let address): address
    case .model(let name): models[name]?.source.address
    }
  }

  /// How many words the definition's vocabulary has; nil where it is not at hand.
  func vocabularySize(look: (ModelAddress) -> ModelLook) -> Int? {
    if case .trained(_, let size) = vocabulary { return size }
    return vocabularyAddress.flatMap { look($0).outline }.map {
      $0.tokens?.count ?? $0.configuration.vocabularySize
    }
  }

  /// What model comes out of a model definition or a stage. The graph has no cycle.
  /// - Parameters:
  ///   - unknown: names of which nothing can be said.
  ///   - isMistaken: whether a size at a path is wrong, so that a stand-in is in its place.
  func shape(
    of name: String, unknown: Set<String> = [],
    isMistaken: (_ path: String) -> Bool = { _ in false },
    look: (ModelAddress) -> ModelLook
  ) -> ModelShape {
    func shape(_ name: String) -> ModelShape {
      if let stage = stages[name], !unknown.contains(name) {
        var input = shape(stage.work.trained)
        input.classifier = nil
        return stage.work.shape(after: input, shape)
      }
      guard let model = models[name], !unknown.contains(name) else {
        // A name that leads nowhere is reported by itself: nothing more is found wrong with it.
        var unknown = ModelShape(nil, vocabularySize: nil)
        unknown.hasMaskedLMHead = true
        return unknown
      }
      var result: ModelShape
      switch model.source {
      case .folder(let address), .randomWeights(let address):
        let configuration = look(address).outline?.configuration
        result = ModelShape(configuration, vocabularySize: configuration?.vocabularySize)
      case .scratch(let family, let sizes):
        let words = vocabularySize(look: look)
        result = ModelShape(
          sizes.configuration(of: family, vocabularySize: words ?? 1, paddingID: 0),
          vocabularySize: words)
        result.forget { isMistaken("models.\(name).sizes.\($0)") }
      case .layers(let student), .randomStudent(let student):
        let source = shape(student.of)
        result = ModelShape(
          source.configuration.map(student.configuration), vocabularySize: source.vocabularySize)
        (result.hiddenSize, result.maximumPositions) = (
          student.width?.hiddenSize ?? source.hiddenSize, source.maximumPositions
        )
        (result.family, result.layerCount) = (student.architecture, student.layers.count)
        result.forget { isMistaken("models.\(name).width.\($0)") }
      }
      result.configuration = result.configuration.map { model.dropout?.applied(to: $0) ?? $0 }
      result.hasMaskedLMHead = model.maskedLMHead != nil
      result.classifier = model.source.storedClassifier(look: look)
      return result
    }
    return shape(name)
  }
}
