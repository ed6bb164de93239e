// A stage of a definition: its name, what it does, and how it trains.
import RetortOptions

public struct StageDefinition: Sendable, Equatable {
  public var id: String
  var work: any StageWork
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
    let named = type(of: work).keysOfContents.union(["checkpoint_every"])
    let options = (work.digestEntries + trainingEntries).filter {
      !named.contains($0.0)
    }
    let raised = versions.filter { $0.version != 1 }
    return .map(
      [
        ("kind", .text(kind.rawValue)), ("inputs", .list(inputs.map { .text($0) })),
        ("data", .list(data.map { .text($0) })), ("options", .map(options)),
      ]
        + (raised.isEmpty
          ? [] : [("versions", .map(raised.map { ($0.name, .integer($0.version)) }))]))
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
  private struct Body<Work: StageWork>: Sendable {
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
  static func descriptions(of kind: StageKind) -> [OptionDescription] {
    func descriptions<Work: StageWork>(_ type: Work.Type) -> [OptionDescription] {
      Body<Work>.options.descriptions
    }
    return descriptions(kind.type)
  }

  /// A body as one would write it: a recipe, and the keys that nothing fills in.
  private static func example(of kind: StageKind) -> String {
    let recipe = Recipe.all.first { $0.kind == kind }
    let filled = [recipe?.tree, StandardOptions.tree(for: kind, seed: nil)].compactMap { $0 }
    let keys = descriptions(of: kind).filter { option in
      option.key == "recipe" || option.key == kind.type.oneOf.first
        || option.key == TeacherNames.role(nil) && !kind.type.isTeacherOptional
        || option.presence == .required && !filled.contains { $0[option.key] != nil }
    }
    return "{ " + keys.map { "\($0.key): \($0.example)" }.joined(separator: ", ") + " }"
  }

  /// A name, and one body under the key of its kind.
  static var schema: OptionSchema {
    .map(
      [
        OptionDescription(
          key: "id", schema: DefinitionNames.name.schema,
          about: "The stage's name, by which other stages use the model it makes.",
          presence: .required, example: "distil")
      ]
        + StageKind.all.map { kind in
          OptionDescription(
            key: kind.rawValue, schema: .map(descriptions(of: kind), oneOf: kind.type.oneOf),
            about: kind.type.about,
            presence: .optional, example: example(of: kind))
        }, oneOf: StageKind.all.map(\.rawValue))
  }

  /// - Returns: nil after a report of something that nothing can stand in for.
  static func read(_ body: MapReader, _ kind: StageKind, id: String) -> StageDefinition? {
    func read<Work: StageWork>(_ type: Work.Type) -> StageDefinition? {
      guard let read = Body<Work>.options.read(body) else { return nil }
      return StageDefinition(id: id, work: read.work, training: read.training, recipe: read.recipe)
    }
    body.otherSpellings = DefinitionPath.shortForms.map(\.key)
    return read(kind.type)
  }
}
