// An experiment definition with everything explicit, and how one is loaded.
import RetortDistillation
import RetortOptions
import RetortStrictYAML
import RetortText

/// What no definition text can tell: sizes of published folders, names that exist.
public struct DefinitionContext: Sendable {
  /// What is known of the model under an address.
  public var look: @Sendable (ModelAddress) -> ModelLook
  /// What is known of the training file of a task.
  public var lookAtTask: @Sendable (FileTask) -> TaskLook
  /// What a task's selection asks for and its examples, if they are at hand, do not have.
  public var selectionProblems: @Sendable (TaskSource) -> [TaskSelectionError.Problem]
  /// Corpora that can be named without being defined.
  public var knownCorpora: [String]
  /// Names that `compare_with` may hold; nil when they are not known.
  public var knownReferences: [String]?

  public init(
    look: @escaping @Sendable (ModelAddress) -> ModelLook = ModelLook.published,
    lookAtTask: @escaping @Sendable (FileTask) -> TaskLook = { _ in .absent },
    selectionProblems: @escaping @Sendable (TaskSource) -> [TaskSelectionError.Problem] = { _ in []
    },
    knownCorpora: [String] = DefinitionContext.usualCorpora, knownReferences: [String]? = nil
  ) {
    self.look = look
    self.lookAtTask = lookAtTask
    self.selectionProblems = selectionProblems
    self.knownCorpora = knownCorpora
    self.knownReferences = knownReferences
  }

  /// The corpora of NLTK's data that the experiments of this repository use.
  public static let usualCorpora = [
    "abc", "brown", "inaugural", "movie_reviews", "state_union", "webtext",
  ]
}

/// Comparisons that are run with an experiment without being written out.
public enum Baseline: String, Sendable, CaseIterable {
  /// The student's same initialisation straight to fine-tuning.
  case noDistillation = "no_distillation"
  /// The same distillation steps with the masked-LM term alone.
  case mlmOnly = "mlm_only"
  /// The teacher itself, fine-tuned.
  case teacher
  /// A student of the same sizes with random weights, straight to fine-tuning.
  case randomInit = "random_init"
}

/// One key of a sweep and its values, as canonical text.
public struct SweepAxis: Sendable, Equatable {
  public let path: String
  public let values: [String]
}

public struct ResolvedDefinition: Sendable, Equatable {
  public static let formatVersion = 1

  public var name: String
  public var question: String?
  /// What it is expected to show. No result depends on it.
  var hypothesis: HypothesisDefinition?
  /// What the experiment may cost, in words that go under its tables.
  public var budget: String?
  public var seed: UInt64
  public var random: RandomSource
  public var vocabulary: VocabularyDefinition
  public var models: [ModelDefinition]
  /// Those that train a model.
  public var stages: [StageDefinition]
  /// Those that make a text.
  public var texts: [TextStage]
  public var baselines: [Baseline]
  /// What models are measured by besides their tasks. No stage's result depends on it.
  var measures: [MeasureDefinition]
  public var sweep: [SweepAxis]
  public var ablate: [Ablation]
  public var compareWith: [String]
  /// How often each fine-tuned model is taken over its validation split one sentence at a time, to be timed; nil for
  /// not at all. No result depends on it.
  public var inferencePasses: Int?
  /// Of a definition that is swept over `seed`: the models, stages and generated texts that have the experiment's, by
  /// path. Written out they would keep one value in every run.
  public var inheritedSeeds: Set<String> = []

  public func model(named name: String) -> ModelDefinition? { models.first { $0.name == name } }
  public func stage(id: String) -> StageDefinition? { stages.first { $0.id == id } }
  public func text(id: String) -> TextStage? { texts.first { $0.id == id } }
}

/// A value that the definition does not state itself, for display.
public struct FilledValue: Sendable, Equatable {
  public let path: String
  public let value: String
  public let origin: Origin
}

/// A definition that was read, checked and found whole.
public struct LoadedDefinition: Sendable, Equatable {
  public let definition: ResolvedDefinition
  /// Values from recipes, from the program and from `--set`, in the order of the definition.
  public let filledValues: [FilledValue]
  /// The experiments that its sweep and its ablation ask for, in the order in which they run; without either
  /// the definition itself.
  public let variants: [DefinitionVariant]

  /// Reads and checks the definition in a file.
  /// - Parameter overrides: `key.path=value` texts, applied in order.
  /// - Throws: every mistake at once.
  public static func load(
    path: String, overrides: [String] = [], context: DefinitionContext = DefinitionContext()
  ) throws(DefinitionError) -> LoadedDefinition {
    let text = try DefinitionFile.text(
      path: path, expected: "a definition in YAML", advice: "see Experiments/ for examples")
    return try load(text: text, path: path, overrides: overrides, context: context)
  }

  /// Reads and checks a definition's text.
  /// - Parameter path: names the text in messages.
  public static func load(
    text: String, path: String, overrides: [String] = [],
    context: DefinitionContext = DefinitionContext()
  ) throws(DefinitionError) -> LoadedDefinition {
    let read = YAMLReading.tree(of: text) { .file(path: path, line: $0, column: $1) }
    guard var tree = read.tree else { throw DefinitionError(read.diagnostics) }
    var preparation = DefinitionPreparation()
    preparation.expandShortForms(&tree)
    preparation.apply(overrides: overrides, to: &tree)
    let resolution = DefinitionResolution.resolve(
      tree, context: context, after: read.diagnostics + preparation.diagnostics)
    guard let whole = resolution.result else { throw DefinitionError(resolution.diagnostics) }
    let expansion = VariantExpansion(
      whole, tree: tree, overrides: overrides, context: context)
    guard expansion.diagnostics.isEmpty else { throw DefinitionError(expansion.diagnostics) }
    return LoadedDefinition(
      definition: whole.definition, filledValues: whole.filledValues,
      variants: expansion.variants)
  }
}
