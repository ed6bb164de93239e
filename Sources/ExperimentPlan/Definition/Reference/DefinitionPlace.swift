// Places of the definition language, found by their path.
import RetortOptions

/// A key of the definition language.
struct DefinitionPlace: Sendable {
  /// With full names: `stages.finetune.batching.batch_size`.
  let path: [String]
  let option: OptionDescription
  /// Values that recipes and the program fill in, by where they come from.
  let filled: [Filled]

  struct Filled: Sendable {
    /// Nil for the program's own.
    let recipe: String?
    let tree: DefinitionNode
  }

  /// The language as a whole.
  static let top = DefinitionPlace(
    path: [],
    option: OptionDescription(
      key: "", schema: .map(ResolvedDefinition.options.descriptions),
      about: "One YAML file is one experiment.", presence: .required, example: ""),
    filled: [])

  /// Where a path leads: to one place, or below the id of a stage to one for each kind of stage that has the key.
  /// - Parameter text: keys with points between them; empty for the whole language. Names of models, texts and tasks may
  ///   be written or left out. A stage is its kind or its id, and short forms stand for the full ones.
  /// - Throws: what is wrong with a path that leads nowhere.
  static func places(at text: String) throws(NoSuchKey) -> [DefinitionPlace] {
    var places = [top]
    var walked: [String] = []
    for part in text.split(separator: ".").map(String.init) {
      let next = places.flatMap { $0.below(part) }
      guard !next.isEmpty else {
        var keys = places.flatMap(\.keys)
        if places.contains(where: \.isStageID) { keys += StageKind.all.flatMap(bodyKeys) }
        throw NoSuchKey(
          key: part, place: walked.joined(separator: "."),
          keys: keys.map(\.key).reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
      }
      places = next
      walked.append(part)
    }
    return places
  }

  /// The keys that can stand below.
  var keys: [OptionDescription] { Self.keys(of: option.schema) }

  static func keys(of schema: OptionSchema) -> [OptionDescription] {
    switch schema {
    case .map(let options, _), .oneKey(let options): options
    case .named(let value, _): keys(of: value)
    case .list(let item, _): keys(of: item)
    case .any(let types): types.flatMap(keys)
    case .forms(let forms):
      forms.flatMap { keys(of: $0.schema) }.reduce(into: []) { keys, option in
        if !keys.contains(where: { $0.key == option.key }) { keys.append(option) }
      }
    case .number, .integer, .exactly, .truth, .text, .choice, .anything: []
    }
  }

  // MARK: - Steps

  private func below(_ key: String) -> [DefinitionPlace] {
    if path == ["stages"], let kind = StageKind(key: key) { return [Self.body(of: kind)] }
    if isStageID {
      if let kind = StageKind(key: key) { return [Self.body(of: kind)] }
      let bodies = StageKind.all.flatMap { Self.body(of: $0).below(key) }
      if key != "id" { return bodies }
    }
    if let option = keys.first(where: { $0.key == key }) { return [place(of: option)] }
    if isBody, let short = DefinitionPath.shortForms.first(where: { $0.key == key }) {
      return below(short.group).flatMap { $0.below(key) }
    }
    // Another name is the user's own.
    switch option.schema {
    case .named(let value, _): return [named(key, value)]
    case .list(let item, _) where path == ["stages"]: return [named(key, item)]
    default: return []
    }
  }

  /// `stages.sst2`
  private var isStageID: Bool {
    path.count == 2 && path[0] == "stages" && StageKind(key: path[1]) == nil && path[1] != "id"
  }

  /// `stages.finetune`
  private var isBody: Bool {
    path.count == 2 && path[0] == "stages" && StageKind(key: path[1]) != nil
  }

  private func named(_ key: String, _ schema: OptionSchema) -> DefinitionPlace {
    DefinitionPlace(
      path: path + [key],
      option: OptionDescription(
        key: key, schema: schema, about: "A name of your own.", presence: .optional,
        example: ""),
      filled: [])
  }

  func place(of option: OptionDescription) -> DefinitionPlace {
    DefinitionPlace(
      path: path + [option.key], option: option,
      filled: filled.compactMap { filled in
        filled.tree[option.key].map { Filled(recipe: filled.recipe, tree: $0) }
      })
  }

  private static func bodyKeys(_ kind: StageKind) -> [OptionDescription] { body(of: kind).keys }

  private static func body(of kind: StageKind) -> DefinitionPlace {
    let option = keys(of: StageDefinition.schema).first { $0.key == kind.rawValue }
    guard let option else { preconditionFailure("a stage has no key \(kind)") }
    return DefinitionPlace(
      path: ["stages", kind.rawValue], option: option,
      filled: Recipe.all.filter { $0.kind == kind }.map { Filled(recipe: $0.name, tree: $0.tree) }
        + [Filled(recipe: nil, tree: StandardOptions.tree(for: kind, seed: nil))])
  }
}

/// A path into the definition language that leads nowhere.
public struct NoSuchKey: Error, Sendable, Equatable, CustomStringConvertible {
  public let key: String
  /// The path up to there; empty for a definition itself.
  public let place: String
  let keys: [String]

  public var description: String {
    "no key '\(key)' in \(place.isEmpty ? "a definition" : place); "
      + Spelling.advice(for: key, among: keys)
  }
}
