// What must hold between the keys of a definition: names, references, cycles.
import RetortOptions

/// Checks a decoded definition as a whole; each mistake is reported where it was written. What depends on a
/// declaration that is wrong itself is left out: there would be a second report of the same mistake.
struct DefinitionChecks {
  private(set) var definition: ResolvedDefinition
  /// Models and stages that are declared and could not be read, or go in a circle.
  private var broken: Set<String>
  let tree: DefinitionNode
  let context: DefinitionContext
  private(set) var diagnostics: [Diagnostic] = []

  /// - Parameter broken: names that are declared with a mistake, and are not in the definition.
  init(
    definition: ResolvedDefinition, broken: Set<String> = [], tree: DefinitionNode,
    context: DefinitionContext
  ) {
    self.definition = definition
    self.broken = broken
    self.tree = tree
    self.context = context
  }

  mutating func run() {
    checkNames()
    checkReferences()
    while let cycle = DefinitionGraph(definition).cycle() {
      let isStage = definition.stage(id: cycle[0]) != nil
      report(
        isStage ? "stages.\(cycle[0])" : "models.\(cycle[0]).init_from",
        "circular reference: \(cycle.joined(separator: " → "))",
        advice: "make one of them start from a model")
      broken.formUnion(cycle)
      definition.models.removeAll { broken.contains($0.name) }
      definition.stages.removeAll { broken.contains($0.id) }
    }
    dropInheritedHeads()
    for model in definition.models { check(model) }
    checkVocabulary()
    for stage in definition.stages { stage.work.check(stage, in: &self) }
    checkReplay()
    // What these need may be among what could not be read.
    guard broken.isEmpty else { return }
    checkBaselines()
    checkAblations()
    if diagnostics.isEmpty { keepStoredClassifiers() }
  }

  /// Whether a name is declared, right or wrong.
  func isDeclared(_ name: String) -> Bool { names.contains(name) }

  private var names: [String] {
    definition.models.map(\.name) + definition.stages.map(\.id) + broken.sorted()
  }

  mutating func report(
    _ path: String, _ problem: String? = nil, expected: String? = nil, found: String? = nil,
    advice: String? = nil
  ) {
    let (origin, filledBy) = DefinitionPath.origin(of: path, in: tree)
    let source = filledBy.map { " (from \($0.label))" } ?? ""
    diagnostics.append(
      Diagnostic(
        origin, problem.map { "\(path)\(source) \($0)" } ?? path + source, expected: expected,
        found: found, advice: advice))
  }

  func shape(of name: String) -> ModelShape {
    DefinitionGraph(definition).shape(of: name, look: context.look)
  }

  private mutating func checkNames() {
    for stage in definition.stages where definition.model(named: stage.id) != nil {
      report(
        "stages.\(stage.id).id", "is also a model's name",
        advice: "give the stage another name, since stages refer to both")
    }
  }

  private mutating func checkReferences() {
    let names = names
    for model in definition.models {
      guard let student = model.source.student, !names.contains(student.of) else { continue }
      report(
        "models.\(model.name).init_from", expected: "a model or stage", found: "'\(student.of)'",
        advice: Spelling.advice(for: student.of, among: names))
    }
    for stage in definition.stages {
      for input in stage.work.inputs where !names.contains(input.name) {
        report(
          "stages.\(stage.id).\(input.role)", expected: "a model or stage",
          found: "'\(input.name)'", advice: Spelling.advice(for: input.name, among: names))
      }
    }
  }

  /// A fine-tuning that says nothing about its classifier keeps the one of its model's folder, if there is one.
  private mutating func keepStoredClassifiers() {
    for index in definition.stages.indices {
      guard var work = definition.stages[index].work as? FinetuneStage, work.head == nil,
        definition.stage(id: work.model) == nil, shape(of: work.model).classifier != nil
      else { continue }
      work.head = .stored
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
