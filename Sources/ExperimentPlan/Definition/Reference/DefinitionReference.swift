// The reference of the definition language, written from the declarations that read it.
import RetortOptions

/// What can be written at a place of a definition.
public struct DefinitionReference: Sendable {
  private let places: [DefinitionPlace]

  /// - Parameter path: keys with points between them, as in `--set`: `stages.distill.loss`, `stages.sst2.seed`; empty for
  ///   the whole language. Names of your own (of models, texts, tasks) may be written or left out.
  /// - Throws: what is wrong with a path that leads nowhere.
  public init(path: String) throws(NoSuchKey) {
    places = try DefinitionPlace.places(at: path)
  }

  /// The page.
  public var text: String {
    places.map { Self.lines($0).joined(separator: "\n") }.joined(separator: "\n\n\n") + "\n"
  }

  // MARK: - Lines

  private static func lines(_ place: DefinitionPlace) -> [String] {
    let option = place.option
    var lines: [String] = []
    if place.path.isEmpty {
      lines += wrapped(option.about, indent: "")
    } else {
      lines += wrapped(
        "\(place.path.joined(separator: "."))  \(form(option.schema))", indent: "")
      lines += wrapped(option.about, indent: "  ") + facts(of: place, listsKeys: true, indent: "  ")
    }
    lines += blocks(option.schema).flatMap { heading, options in
      [""] + wrapped(heading, indent: "") + options.flatMap { [""] + self.lines(below: place, $0) }
    }
    let deeper = place.keys.filter { !DefinitionPlace.keys(of: $0.schema).isEmpty }.map(\.key)
    if let first = deeper.first {
      let path = (place.path + [first]).joined(separator: ".")
      let others = deeper.dropFirst().reduce(into: [String]()) {
        if !$0.contains($1) { $0.append($1) }
      }
      let more = "More of a key: retort help definition \(path)"
      lines +=
        [""]
        + wrapped(
          others.isEmpty
            ? more : "\(more), and likewise of \(others.joined(separator: ", "))", indent: "")
    }
    return lines
  }

  /// A key with what is said of it, under its map.
  private static func lines(
    below place: DefinitionPlace, _ option: OptionDescription
  ) -> [String] {
    wrapped("\(option.key)  \(form(option.schema))", indent: "  ")
      + wrapped(option.about, indent: "      ")
      + facts(of: place.place(of: option), indent: "      ")
  }

  /// - Parameter listsKeys: whether the keys below follow, which say themselves what is filled in.
  private static func facts(
    of place: DefinitionPlace, listsKeys: Bool = false, indent: String
  ) -> [String] {
    let option = place.option
    var facts: [String] = []
    if let condition = option.condition {
      facts.append("only with \(condition.key): \(condition.values.joined(separator: " or "))")
    }
    let recipes = place.filled.filter { $0.recipe != nil }
    let shown = place.filled.filter { !listsKeys || $0.tree.entries == nil }
    for filled in shown {
      let source =
        filled.recipe.map { "recipe \($0)" }
        ?? (recipes.isEmpty ? "if not written" : "without a recipe")
      facts.append("\(source): \(FilledValues.text(filled.tree))")
    }
    switch option.presence {
    case _ where option.presenceWords != nil && place.filled.isEmpty:
      facts.append(option.presenceWords ?? "")
    case .standard(let value): facts.append("if not written: \(value)")
    case .required where place.filled.isEmpty: facts.append("required")
    case .required where recipes.count == place.filled.count:
      facts.append("required without a recipe")
    case .required, .optional:
      if !shown.contains(where: { $0.recipe == nil }) { facts.append("optional") }
    }
    if !option.example.isEmpty { facts.append("example: \(option.key): \(option.example)") }
    return facts.flatMap { wrapped($0, indent: indent) }
  }

  // MARK: - Schemas

  /// The keys of a map under their headings: one block for each form that it can have.
  private static func blocks(
    _ schema: OptionSchema
  ) -> [(heading: String, options: [OptionDescription])] {
    switch schema {
    case .map(let options, let oneOf):
      let rule = oneOf.isEmpty ? "" : " (exactly one of \(oneOf.joined(separator: ", ")))"
      return [("Keys\(rule):", options)]
    case .oneKey(let options): return [("Exactly one of these keys:", options)]
    case .named(let value, _): return blocks(value)
    case .list(let item, _): return blocks(item)
    case .any(let types): return types.flatMap(blocks)
    case .forms(let forms):
      var seen: [[String]] = []
      return forms.enumerated().flatMap { index, form in
        blocks(form.schema).map { block in
          let title = "Form \(index + 1) of \(forms.count). \(form.title)"
          let keys = block.options.map(\.key)
          guard !seen.contains(keys) else { return ("\(title). The same keys.", []) }
          seen.append(keys)
          return ("\(title). \(block.heading)", block.options)
        }
      }
    case .number, .integer, .exactly, .truth, .text, .choice, .anything: return []
    }
  }

  /// The type of a value, in a word or two.
  private static func form(_ schema: OptionSchema) -> String {
    switch schema {
    case .map: "map"
    case .oneKey: "map of one key"
    case .forms(let forms):
      Set(forms.map { form($0.schema) }) == ["map"]
        ? "map, one of \(forms.count) forms"
        : forms.map { form($0.schema) }.joined(separator: ", or ")
    case .named: "map of your own names"
    case .list(.map, _), .list(.oneKey, _): "list of maps"
    case .any(let types): types.map(form).joined(separator: ", or ")
    case .choice(let names): names.joined(separator: " | ")
    default: schema.words
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
