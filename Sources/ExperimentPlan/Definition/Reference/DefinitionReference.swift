// The reference of the definition language, written from the declarations that read it.
import RetortOptions

/// What can be written at a place of a definition.
public struct DefinitionReference: Sendable {
  /// The path as it was asked for: `stages.distill.loss`.
  private let path: [String]
  private let description: OptionDescription
  /// Values that recipes and the program fill in, by where they come from.
  private let filled: [(source: String, tree: DefinitionNode)]
  /// Of which kind of stage; nil outside of stages.
  private let kind: StageKind?

  /// - Parameter path: keys with points between them; empty for the whole language. Names of your own (of models,
  ///   texts, tasks) may be written or left out, as may the name of a stage.
  /// - Throws: what is wrong with a path that leads nowhere.
  public init(path text: String) throws(NoSuchKey) {
    var description = OptionDescription(
      key: "", schema: .map(ResolvedDefinition.options.descriptions),
      about: "One YAML file is one experiment.", presence: .required, example: "")
    var walked: [String] = []
    var inBody: [String] = []
    var kind: StageKind?
    for part in text.split(separator: ".").map(String.init) {
      guard let next = Self.descend(into: description.schema, part) else {
        throw NoSuchKey(
          key: part, place: walked.joined(separator: "."),
          keys: Self.keys(of: description.schema).map(\.key))
      }
      description = next
      walked.append(part)
      if kind != nil { inBody.append(part) }
      if walked.first == "stages", kind == nil, let found = StageKind(key: part) { kind = found }
    }
    path = walked
    self.description = description
    self.kind = kind
    filled =
      kind.map { kind in
        (Recipe.all.filter { $0.kind == kind }.map { ("recipe \($0.name)", $0.tree) }
          + [("without a recipe", StandardOptions.tree(for: kind, seed: nil))]).compactMap {
            source, tree in
            inBody.reduce(Optional(tree)) { $0?[$1] }.map { (source, $0) }
          }
      } ?? []
  }

  /// The page.
  public var text: String { lines.joined(separator: "\n") + "\n" }

  // MARK: - Lines

  private var lines: [String] {
    var lines: [String] = []
    if !path.isEmpty {
      lines += Self.wrapped(
        "\(path.joined(separator: "."))  \(Self.form(description.schema))", indent: "")
      lines += Self.wrapped(description.about, indent: "  ")
      lines += facts(of: description, filled: filled, indent: "  ")
      lines.append("")
    } else {
      lines += Self.wrapped(description.about, indent: "") + [""]
    }
    let options = Self.keys(of: description.schema)
    guard !options.isEmpty else { return lines.dropLast() }
    lines.append(Self.heading(description.schema))
    for option in options {
      lines.append("")
      lines += Self.wrapped("\(option.key)  \(Self.form(option.schema))", indent: "  ")
      lines += Self.wrapped(option.about, indent: "      ")
      let below = filled.compactMap { source, tree in tree[option.key].map { (source, $0) } }
      lines += facts(of: option, filled: below, indent: "      ")
    }
    let deeper = options.first { !Self.keys(of: $0.schema).isEmpty }
    if let deeper {
      let example = (path + [deeper.key]).joined(separator: ".")
      lines += ["", "More of a key: retort help definition \(example)"]
    }
    return lines
  }

  private func facts(
    of option: OptionDescription, filled: [(source: String, tree: DefinitionNode)], indent: String
  ) -> [String] {
    var facts: [String] = []
    if let condition = option.condition {
      facts.append("only with \(condition.key): \(condition.values.joined(separator: " or "))")
    }
    // A map's keys say for themselves what is filled in.
    let values =
      Self.keys(of: option.schema).isEmpty || filled.allSatisfy { $0.tree.entries == nil }
      ? filled : []
    for (source, tree) in values { facts.append("\(source): \(FilledValues.text(tree))") }
    switch option.presence {
    case .required:
      if filled.isEmpty { facts.append("required") }
    case .optional: if values.isEmpty { facts.append("optional") }
    case .standard(let value): facts.append("if not written: \(value)")
    }
    if Self.keys(of: option.schema).isEmpty, !option.example.isEmpty {
      facts.append("example: \(option.key): \(option.example)")
    }
    return facts.flatMap { Self.wrapped($0, indent: indent) }
  }

  // MARK: - Schemas

  private static func heading(_ schema: OptionSchema) -> String {
    switch schema {
    case .oneKey: "Exactly one of these keys:"
    case .named(let value), .list(let value, _, _): heading(value)
    default: "Keys:"
    }
  }

  /// The type of a value, in a word or two.
  private static func form(_ schema: OptionSchema) -> String {
    switch schema {
    case .map: "map"
    case .oneKey: "map of one key"
    case .named: "map of your own names"
    case .list(.map, _, _): "list of maps"
    case .any(let forms): forms.map(form).joined(separator: ", or ")
    case .choice(let names): names.joined(separator: " | ")
    default: schema.words
    }
  }

  /// The keys that can stand below.
  private static func keys(of schema: OptionSchema) -> [OptionDescription] {
    switch schema {
    case .map(let options), .oneKey(let options): options
    case .named(let value): keys(of: value)
    case .list(let item, _, _): keys(of: item)
    case .any(let forms):
      forms.flatMap(keys).reduce(into: []) { all, option in
        if !all.contains(where: { $0.key == option.key }) { all.append(option) }
      }
    case .number, .integer, .truth, .text, .choice, .anything: []
    }
  }

  /// The description behind a key, or the same one behind a name of the user's own.
  private static func descend(into schema: OptionSchema, _ key: String) -> OptionDescription? {
    if let option = keys(of: schema).first(where: { $0.key == key }) { return option }
    // A stage is asked for by its kind, a term of a loss by its key; another name is the user's own.
    switch schema {
    case .named(let value):
      return OptionDescription(
        key: key, schema: value, about: "A name of your own.", presence: .optional, example: "")
    default: return nil
    }
  }

  /// Lines of at most 78 characters, if its words allow it.
  private static func wrapped(_ text: String, indent: String) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if let last = lines.last, last.count + 1 + word.count <= 78 {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(indent + word)
      }
    }
    return lines
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
