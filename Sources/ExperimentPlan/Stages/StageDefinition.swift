// The stages of a definition: those that train a model, and how each is written and read.
import RetortOptions

/// A stage of either kind.
enum DefinedStage: Sendable, Equatable {
  case training(StageDefinition)
  case text(TextStage)

  var id: String {
    switch self {
    case .training(let stage): stage.id
    case .text(let stage): stage.id
    }
  }

  var work: any StageWork {
    switch self {
    case .training(let stage): stage.work
    case .text(let stage): stage.work
    }
  }

  var canonical: CanonicalValue {
    switch self {
    case .training(let stage): stage.canonical
    case .text(let stage): stage.canonical
    }
  }
}

/// A stage that trains a model.
public struct StageDefinition: Sendable, Equatable {
  public var id: String
  var work: any TrainingWork
  public var training: TrainingOptions
  /// The named recipe that filled in what the definition left out.
  public var recipe: String?

  public var kind: StageKind { work.kind }

  /// The models or stages it needs.
  public var inputs: [String] { work.inputs.map(\.name) }

  public static func == (a: StageDefinition, b: StageDefinition) -> Bool {
    a.id == b.id && a.training == b.training && a.recipe == b.recipe && a.work.isEqual(to: b.work)
  }
}

// MARK: Written out

extension StageDefinition {
  var canonical: CanonicalValue {
    let name: [(String, CanonicalValue)] = recipe.map { [("recipe", .text($0))] } ?? []
    return .map([
      ("id", .text(id)),
      (kind.rawValue, .map(name + work.canonicalEntries + trainingEntries)),
    ])
  }

  /// What the stage's result depends on: no names, no recipe, no checkpoint interval. Inputs and
  /// data count by their digests.
  /// - Parameter versions: those of the stage.
  func canonicalForDigest(
    inputs: [String], data: [String], versions: [(name: String, version: Int)]
  ) -> CanonicalValue {
    work.canonicalForDigest(
      inputs: inputs, data: data, versions: versions,
      besides: trainingEntries.filter { $0.0 != "checkpoint_every" })
  }

  /// Of everything that is registered by name and takes part in the stage.
  var versions: [(name: String, version: Int)] {
    let optimizer = type(of: training.optimizer.rule)
    let schedule = type(of: training.schedule.shape)
    return work.versions + [
      ("optimizer.\(optimizer.name)", optimizer.version),
      ("schedule.\(schedule.name)", schedule.version),
    ]
  }

  private var trainingEntries: [(String, CanonicalValue)] {
    TrainingOptions.options(of: kind).write(training)
  }
}

// MARK: Read

extension StageDefinition {
  /// A stage's body: a recipe, the keys of its kind and those of every training.
  fileprivate struct Body<Work: TrainingWork>: Sendable {
    let recipe: String?
    let work: Work
    let training: TrainingOptions

    static var options: OptionList<Body> {
      OptionList(
        Body.init(recipe:work:training:),
        OptionField(
          optional: "recipe", \.recipe, Recipe.type(for: Work.kind),
          "Published settings that fill in what is not written."),
        OptionField(\.work, Work.options),
        OptionField(\.training, TrainingOptions.options(of: Work.kind)))
    }
  }

  /// The keys of a stage of some kind.
  static func descriptions(of kind: StageKind) -> [OptionDescription] { kind.type.keys }

  /// A body as one would write it: a recipe, and the keys that nothing fills in.
  private static func example(of kind: StageKind) -> String {
    let recipe = Recipe.all.first { $0.kind == kind }
    let filled = [recipe?.tree, StandardOptions.tree(for: kind, seed: nil)].compactMap { $0 }
    let needsTeacher = kind.needsTeacher
    var keys = descriptions(of: kind).filter { option in
      option.key == "recipe" || option.key == kind.type.oneOf.first
        || option.key == TeacherNames.role(nil) && needsTeacher
        || option.presence == .required && !filled.contains { $0[option.key] != nil }
    }
    keys = keys.filter { option in
      option.condition.map { condition in
        keys.contains { $0.key == condition.key && condition.values.contains($0.example) }
      } ?? true
    }
    return "{ " + keys.map { "\($0.key): \($0.example)" }.joined(separator: ", ") + " }"
  }

  /// A name, and one body under the key of its kind.
  static var schema: OptionSchema {
    .map(
      [
        OptionDescription(
          key: "id", schema: DefinitionNames.name.schema,
          about: "The stage's name, by which other stages use the model or the text it makes.",
          presence: .required, example: "distil")
      ]
        + StageKind.all.map { kind in
          OptionDescription(
            key: kind.rawValue, schema: .map(descriptions(of: kind), oneOf: kind.type.oneOf),
            about: kind.type.about,
            presence: .optional, example: example(of: kind))
        }, oneOf: StageKind.all.map(\.rawValue))
  }

}

extension StageWork {
  /// What a digest is made of: no names, no recipe. Inputs and data count by their digests.
  /// - Parameter training: entries that follow the stage's own.
  func canonicalForDigest(
    inputs: [String], data: [String], versions: [(name: String, version: Int)],
    besides training: [(String, CanonicalValue)] = []
  ) -> CanonicalValue {
    let named = Self.keysOfContents
    let options = (digestEntries + training).filter { !named.contains($0.0) }
    let raised = versions.filter { $0.version != 1 }
    return .map(
      [
        ("kind", .text(kind.rawValue)), ("inputs", .list(inputs.map { .text($0) })),
        ("data", .list(data.map { .text($0) })), ("options", .map(options)),
      ]
        + (raised.isEmpty
          ? [] : [("versions", .map(raised.map { ($0.name, .integer($0.version)) }))]))
  }
}

extension TrainingWork {
  static var keys: [OptionDescription] { StageDefinition.Body<Self>.options.descriptions }

  static func read(_ body: MapReader, id: String) -> DefinedStage? {
    body.otherSpellings = DefinitionPath.shortForms.map(\.key)
    guard let read = StageDefinition.Body<Self>.options.read(body) else { return nil }
    return .training(
      StageDefinition(id: id, work: read.work, training: read.training, recipe: read.recipe))
  }
}
