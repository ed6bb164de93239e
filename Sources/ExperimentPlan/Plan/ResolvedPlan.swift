// What will be run, in order: a definition's stages and the baselines it asks for.
import RetortFormatting
import RetortOptions

/// Why a stage is in the plan.
public enum StageRole: Sendable, Equatable {
  /// Written in the definition.
  case main
  /// A baseline's stage, made from the stage `of` of the definition.
  case baseline(Baseline, of: String)
}

/// What a stage begins from.
public enum StageInput: Sendable, Equatable, Hashable {
  case model(String)
  case stage(String)

  public var name: String {
    switch self {
    case .model(let name), .stage(let name): name
    }
  }
}

/// One node of the plan.
public struct PlannedStage: Sendable, Equatable {
  public let stage: StageDefinition
  public let role: StageRole
  /// In the order of `stage.inputs`.
  public let inputs: [StageInput]
  /// What is trained.
  public var model: StageInput { input(type(of: stage.work).trainedRole) }

  /// What fills a role, such as the teacher's.
  func input(_ role: String) -> StageInput {
    guard let index = stage.work.inputs.firstIndex(where: { $0.role == role }) else {
      preconditionFailure("the stage \(id) has no \(role)")
    }
    return inputs[index]
  }

  /// Its teachers, with what a term calls each; nil for the only one.
  var teachers: [(name: String?, input: StageInput)] {
    stage.work.teacherInputs.map { ($0.name, input($0.input.role)) }
  }

  public var id: String { stage.id }
  public var kind: StageKind { stage.kind }
  /// The task it learns and is evaluated on; nil for a stage that learns from a text.
  public var task: TaskSource? { stage.work.task }
  /// The task it is evaluated on, learnt or not; nil for a stage that is not evaluated.
  public var evaluated: TaskSource? { stage.work.evaluated }
}

/// The ordered graph of everything a definition asks for. Baselines come after the main stages, so
/// that what is asked for is there first; but for those that tell before a distillation whether its teacher is worth listening
/// to.
public struct ResolvedPlan: Sendable, Equatable {
  public let definition: ResolvedDefinition
  /// The definition's models and those that baselines add.
  public let models: [ModelDefinition]
  /// Every stage after all that it needs.
  public private(set) var steps: [PlanStep]
  /// Of these, those that train a model.
  public var stages: [PlannedStage] { steps.compactMap(\.training) }

  /// - Parameter definition: checked by `LoadedDefinition.load`, so every name in it leads somewhere.
  public init(_ definition: ResolvedDefinition) {
    self.definition = definition
    let baselines = BaselineExpansion(definition)
    models = definition.models + baselines.models
    let stageIDs = Set(definition.stages.map(\.id) + baselines.stages.map(\.stage.id))
    func inputs(_ names: [String]) -> [StageInput] {
      names.map { stageIDs.contains($0) ? .stage($0) : .model($0) }
    }
    func planned(_ stage: StageDefinition, _ role: StageRole) -> PlanStep {
      .training(PlannedStage(stage: stage, role: role, inputs: inputs(stage.inputs)))
    }
    let ordered = DefinitionGraph(definition).ordered().compactMap { name -> PlanStep? in
      if let text = definition.text(id: name) {
        return .text(PlannedText(stage: text, inputs: inputs(text.work.inputs.map(\.name))))
      }
      return definition.stage(id: name).map { planned($0, .main) }
    }
    steps = ordered + baselines.stages.map { planned($0.stage, $0.role) }
    steps = stepsWithAnswersFirst
  }

  /// A stage that trains a model.
  public func stage(id: String) -> PlannedStage? { stages.first { $0.id == id } }
  /// A stage that makes a text.
  public func text(id: String) -> PlannedText? { step(id: id)?.text }
  public func step(id: String) -> PlanStep? { steps.first { $0.id == id } }
  public func model(named name: String) -> ModelDefinition? { models.first { $0.name == name } }

  /// The models that stages begin from, and those that are measured when they are finished, sources before what is made of them.
  func modelNames(neededBy steps: [PlanStep]) -> [String] {
    var names: [String] = []
    func visit(_ input: StageInput) {
      guard case .model(let name) = input, !names.contains(name) else { return }
      if let student = model(named: name)?.source.student, stage(id: student.of) == nil {
        visit(.model(student.of))
      }
      names.append(name)
    }
    for step in steps { step.inputs.forEach(visit) }
    measuredInputs(with: steps.compactMap(\.training)).forEach(visit)
    return names
  }

  /// The stages that must be finished before `input` can be used, nearest first.
  public func stagesBehind(_ input: StageInput) -> [String] {
    switch input {
    case .stage(let id): return [id]
    case .model(let name):
      switch model(named: name)?.source {
      case .layers(let student), .randomStudent(let student):
        return stagesBehind(stage(id: student.of) != nil ? .stage(student.of) : .model(student.of))
      default: return []
      }
    }
  }

  /// The stages that must be finished before `stage` can begin.
  public func requirements(of stage: PlannedStage) -> [String] {
    requirements(of: .training(stage))
  }

  func requirements(of step: PlanStep) -> [String] {
    (step.inputs.flatMap(stagesBehind) + step.textStages).firstOccurrences
  }

  /// The stages with these ids and everything that they need, in the plan's order.
  public func steps(neededFor ids: [String]) -> [PlanStep] {
    var needed: Set<String> = []
    func visit(_ id: String) {
      guard needed.insert(id).inserted, let step = step(id: id) else { return }
      requirements(of: step).forEach(visit)
    }
    ids.forEach(visit)
    return steps.filter { needed.contains($0.id) }
  }

  /// Of these, those that train a model.
  public func stages(neededFor ids: [String]) -> [PlannedStage] {
    steps(neededFor: ids).compactMap(\.training)
  }

  /// The whole plan as text: models and stages, baselines written out. For display.
  public var canonicalText: String {
    CanonicalText.write(
      .map([
        ("models", .map(models.map { ($0.name, $0.canonical) })),
        ("stages", .list(steps.map(\.canonical))),
      ]), sorted: false)
  }
}

/// The models and stages that `baselines:` adds.
struct BaselineExpansion {
  private(set) var models: [ModelDefinition] = []
  private(set) var stages: [(stage: StageDefinition, role: StageRole)] = []

  init(_ definition: ResolvedDefinition) {
    for chain in DistillationChain.all(in: definition) {
      for baseline in definition.baselines { add(baseline, to: chain, definition) }
    }
  }

  private mutating func add(
    _ baseline: Baseline, to chain: DistillationChain, _ definition: ResolvedDefinition
  ) {
    let suffix = ".\(baseline.rawValue)"
    let start: String
    switch baseline {
    case .noDistillation: start = chain.distillation.student
    case .teacher:
      // What was fine-tuned already is a stage of its own.
      guard !chain.isWithoutLabels else { return }
      for entry in chain.distillation.teachers.entries {
        addFinetunes(
          of: chain, suffix + (entry.name.map { ".\($0)" } ?? ""), from: entry.model, baseline)
      }
      return
    case .mlmOnly:
      var distill = chain.distill
      distill.id += suffix
      distill.work = chain.distillation.withoutTeacher
      stages.append((distill, .baseline(baseline, of: chain.distill.id)))
      start = distill.id
    case .randomInit:
      guard var model = definition.model(named: chain.distillation.student),
        case .layers(let student) = model.source
      else { return }
      model.name += suffix
      model.source = .randomStudent(student)
      model.maskedLMHead = nil
      if !models.contains(model) { models.append(model) }
      start = model.name
    }
    addFinetunes(of: chain, suffix, from: start, baseline)
  }

  private mutating func addFinetunes(
    of chain: DistillationChain, _ suffix: String, from start: String, _ baseline: Baseline
  ) {
    for finetune in chain.finetunes {
      var stage = finetune
      stage.id += suffix
      stage.work = stage.work.training(start)
      stages.append((stage, .baseline(baseline, of: finetune.id)))
    }
  }
}
