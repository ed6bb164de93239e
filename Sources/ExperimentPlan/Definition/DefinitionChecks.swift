// What must hold between the keys of a definition: names, references, cycles.
import RetortOptions

/// Checks a decoded definition as a whole; each mistake is reported where it was written. What depends on something
/// that is wrong itself is left out: there would be a second report of the same mistake.
struct DefinitionChecks {
  private(set) var definition: ResolvedDefinition
  /// Where something was reported already; a stand-in is in its place.
  let mistakes: MistakenPaths
  /// Models and stages of which nothing can be said: declared with a mistake in what makes them, or in a circle.
  private(set) var unknown: Set<String> = []
  let tree: DefinitionNode
  let context: DefinitionContext
  private(set) var diagnostics: [Diagnostic] = []

  /// - Parameter mistakes: where something was wrong when the definition was read.
  init(
    definition: ResolvedDefinition, mistakes: MistakenPaths = MistakenPaths(), tree: DefinitionNode,
    context: DefinitionContext
  ) {
    self.definition = definition
    self.mistakes = mistakes
    self.tree = tree
    self.context = context
    unknown = Set(names.filter(isMistaken))
  }

  mutating func run() {
    checkNames()
    checkReferences()
    while let cycle = DefinitionGraph(definition).cycle() {
      let isStage = definition.model(named: cycle[0]) == nil
      report(
        isStage ? "stages.\(cycle[0])" : "models.\(cycle[0]).init_from",
        "circular reference: \(cycle.joined(separator: " → "))",
        advice: "make one of them start from a model")
      unknown.formUnion(cycle)
      definition.models.removeAll { cycle.contains($0.name) }
      definition.stages.removeAll { cycle.contains($0.id) }
      definition.texts.removeAll { cycle.contains($0.id) }
    }
    dropInheritedHeads()
    for model in definition.models { check(model) }
    checkVocabulary()
    for stage in definition.stages { stage.work.check(stage, in: &self) }
    for stage in definition.texts { stage.work.check(stage, in: &self) }
    checkMadeTexts()
    checkHeldOutSentences()
    checkReplay()
    checkBaselines()
    checkAblations()
    checkMeasures()
    checkHypothesis()
    if diagnostics.isEmpty, mistakes.isEmpty { settleStages() }
  }

  /// What can be referred to, right or wrong.
  private var names: [String] {
    let stages = tree["stages"]?.items ?? []
    return (tree["models"]?.entries ?? []).map(\.key).filter(DefinitionNames.isName)
      + stages.indices.map { DefinitionPath.name(ofStage: $0, in: stages) }
      .filter(DefinitionNames.isName)
  }

  /// Whether a mistake in a model or stage keeps it from being told what it makes.
  private func isMistaken(_ name: String) -> Bool {
    if let work: any StageWork = definition.stage(id: name)?.work ?? definition.text(id: name)?.work
    {
      return (work.inputs.map(\.role) + ["task"]).contains {
        mistakes.touch("stages.\(name).\($0)")
      }
    }
    guard definition.model(named: name) != nil else { return true }
    // Of sizes, only the wrong ones are unknown.
    return mistakes.contains("models.\(name).sizes")
      || ["from", "init_from", "architecture", "layers"].contains {
        mistakes.touch("models.\(name).\($0)")
      }
  }

  /// Whether every reference leads to a model or stage of which all is known, so that what is not found is not there.
  var isWhole: Bool {
    let names = names
    return unknown.isEmpty && tree["stages"]?.items?.count == definition.allStages.count
      && !mistakes.touch("models") && !mistakes.touch("stages")
      && definition.models.compactMap(\.source.student).allSatisfy { names.contains($0.of) }
      && definition.allStages.flatMap(\.work.inputs).allSatisfy { names.contains($0.name) }
  }

  mutating func report(
    _ path: String, _ problem: String? = nil, expected: String? = nil, found: String? = nil,
    advice: String? = nil
  ) {
    guard !mistakes.touch(path) else { return }
    let (origin, filledBy) = DefinitionPath.origin(of: path, in: tree)
    let source = filledBy.map { " (from \($0.label))" } ?? ""
    diagnostics.append(
      Diagnostic(
        origin, problem.map { "\(path)\(source) \($0)" } ?? path + source, expected: expected,
        found: found, advice: advice))
  }

  func shape(of name: String) -> ModelShape {
    DefinitionGraph(definition).shape(
      of: name, unknown: unknown, isMistaken: mistakes.touch, look: context.look)
  }

  private mutating func checkNames() {
    let models = tree["models"]?.entries?.map(\.key) ?? []
    let named = definition.allStages.map(\.id).filter(models.contains)
    // The name means the model.
    definition.stages.removeAll { models.contains($0.id) }
    definition.texts.removeAll { models.contains($0.id) }
    for id in named {
      report(
        "stages.\(id).id", "is also a model's name",
        advice: "give the stage another name, since stages refer to both")
    }
  }

  private mutating func checkReferences() {
    // Where they could not be read at all, no name leads anywhere.
    guard !mistakes.contains("models"), !mistakes.contains("stages") else { return }
    let names = names
    let wanted = Set(
      definition.models.compactMap { $0.source.student?.of }
        + definition.allStages.flatMap { $0.work.inputs.map(\.name) })
    checkReferencesToTexts()
    // As many names lead nowhere as there are stages whose own names are wrong: they may well be theirs.
    let stages = tree["stages"]?.items ?? []
    let nameless = stages.indices.count {
      !DefinitionNames.isName(DefinitionPath.name(ofStage: $0, in: stages))
    }
    let unresolved = wanted.subtracting(names)
    guard unresolved.count > nameless else { return }
    for model in definition.models {
      guard let student = model.source.student, !names.contains(student.of) else { continue }
      report(
        "models.\(model.name).init_from", expected: "a model or stage", found: "'\(student.of)'",
        advice: Spelling.advice(for: student.of, among: names))
    }
    for stage in definition.allStages {
      for input in stage.work.inputs where !names.contains(input.name) {
        report(
          "stages.\(stage.id).\(input.role)", expected: "a model or stage",
          found: "'\(input.name)'", advice: Spelling.advice(for: input.name, among: names))
      }
    }
  }

  /// A text is no model.
  private mutating func checkReferencesToTexts() {
    for model in definition.models {
      guard let student = model.source.student else { continue }
      if reportText(student.of, at: "models.\(model.name).init_from") { unknown.insert(model.name) }
    }
    for stage in definition.allStages {
      for input in stage.work.inputs
      where reportText(input.name, at: "stages.\(stage.id).\(input.role)") {
        unknown.insert(stage.id)
      }
    }
  }

  private mutating func settleStages() {
    for index in definition.stages.indices {
      let work = definition.stages[index].work.settled(in: self)
      definition.stages[index].work = work
    }
  }

  /// A student that says nothing about a head keeps its source's, if there is one.
  private mutating func dropInheritedHeads() {
    for name in DefinitionGraph(definition).ordered() {
      guard let index = definition.models.firstIndex(where: { $0.name == name }),
        case .layers(let student) = definition.models[index].source,
        definition.models[index].maskedLMHead == .copied,
        !shape(of: student.of).hasMaskedLMHead
      else { continue }
      let node = tree["models"]?[name]?["head"]
      if let node, !node.isNull {
        report(
          "models.\(name).head.init", "cannot be copied: \(student.of) has no masked_lm head",
          advice: "write init: new, or give \(student.of) a head")
      } else {
        definition.models[index].maskedLMHead = nil
      }
    }
  }
}
