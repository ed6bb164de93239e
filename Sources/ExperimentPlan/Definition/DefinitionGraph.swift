// Models and stages as one graph: what needs what, in which order, and what each one is.

/// What is known of a model at some point of the graph, without loading it.
public struct ModelShape: Sendable, Equatable {
  var architecture: Architecture?
  var layerCount: Int?
  var hiddenSize: Int?
  var maximumPositions: Int?
  var vocabularySize: Int?
  var hasMaskedLMHead: Bool
}

struct DefinitionGraph {
  let models: [String: ModelDefinition]
  let stages: [String: StageDefinition]
  /// Names in the order of the definition, models first.
  let names: [String]

  init(_ definition: ResolvedDefinition) {
    models = Dictionary(definition.models.map { ($0.name, $0) }) { first, _ in first }
    stages = Dictionary(definition.stages.map { ($0.id, $0) }) { first, _ in first }
    names = definition.models.map(\.name) + definition.stages.map(\.id)
  }

  func inputs(of name: String) -> [String] {
    if let stage = stages[name] { return stage.inputs }
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

  /// Everything that `name` is made from, itself included.
  func ancestors(of name: String) -> Set<String> {
    var found: Set<String> = []
    func visit(_ name: String) {
      guard found.insert(name).inserted else { return }
      inputs(of: name).forEach(visit)
    }
    visit(name)
    return found
  }

  /// What model comes out of a model definition or a stage. The graph has no cycle.
  func shape(
    of name: String, trainedVocabularySize: Int?,
    facts: (ModelAddress) -> ModelFacts?
  ) -> ModelShape {
    func shape(_ name: String) -> ModelShape {
      if let stage = stages[name] {
        return stage.work.shape(
          after: stage.inputs.last.map(shape) ?? ModelShape(hasMaskedLMHead: false))
      }
      // A name that leads nowhere is reported by itself: nothing more is found wrong with it.
      guard let model = models[name] else { return ModelShape(hasMaskedLMHead: true) }
      var result: ModelShape
      switch model.source {
      case .folder(let address), .randomWeights(let address):
        let facts = facts(address)
        result = ModelShape(
          architecture: facts?.architecture, layerCount: facts?.layerCount,
          hiddenSize: facts?.hiddenSize, maximumPositions: facts?.maximumPositions,
          vocabularySize: facts?.vocabularySize, hasMaskedLMHead: false)
      case .scratch(let architecture, let sizes):
        result = ModelShape(
          architecture: architecture, layerCount: sizes.layerCount, hiddenSize: sizes.hiddenSize,
          maximumPositions: sizes.maximumPositions, vocabularySize: trainedVocabularySize,
          hasMaskedLMHead: false)
      case .layers(let student), .randomStudent(let student):
        result = shape(student.of)
        result.architecture = student.architecture
        result.layerCount = student.layers.count
      }
      result.hasMaskedLMHead = model.maskedLMHead != nil
      return result
    }
    return shape(name)
  }
}
