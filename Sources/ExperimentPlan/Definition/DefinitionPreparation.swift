// From the tree as written to the tree with everything explicit: short forms, --set, recipes.
import RetortOptions
import RetortStrictYAML

struct DefinitionPreparation {
  private(set) var diagnostics: [Diagnostic] = []

  /// Moves the short forms of every stage (`batch_size: 16`) into the maps they belong in.
  mutating func expandShortForms(_ tree: inout DefinitionNode) {
    changeBodies(&tree) { kind, body, id, preparation in
      for (key, group) in DefinitionPath.shortForms {
        guard let entry = body.entries?.first(where: { $0.key == key }) else { continue }
        var map = body[group] ?? .map([], entry.keyOrigin)
        guard map.entries != nil else { continue }
        if map[key] != nil {
          preparation.diagnostics.append(
            Diagnostic(
              entry.keyOrigin, "stages.\(id).\(key) is given twice, here and in '\(group)'",
              advice: "keep one of them"))
        }
        map[key] = entry.value
        body[key] = nil
        body[group] = map
      }
    }
  }

  /// Applies `--set key.path=value` options in order.
  mutating func apply(overrides: [String], to tree: inout DefinitionNode) {
    for option in overrides {
      let origin = Origin.option(option)
      guard let equals = option.firstIndex(of: "=") else {
        diagnostics.append(
          Diagnostic(origin, "no '='", expected: "--set key.path=value"))
        continue
      }
      let valueText = String(option[option.index(after: equals)...])
      guard let value = value(of: valueText, origin) else { continue }
      let path = String(option[..<equals])
      if let problem = DefinitionPath.set(path, to: value, in: &tree, origin: origin) {
        diagnostics.append(problem)
      }
    }
  }

  /// Fills in what recipes and the program's own values have for the keys that are not written.
  mutating func fillIn(_ tree: inout DefinitionNode) {
    // A seed that is missing or no number is reported once, not at every stage that would take it.
    var seed = DefinitionNode.text("0", .standard)
    if let written = tree["seed"], case .plain(let text) = written.content,
      Scalars.integer(text) ?? -1 >= 0
    {
      seed = written
    }
    let texts = DefinedStages.names(in: tree).texts
    changeBodies(&tree) { kind, body, id, preparation in
      var written = body
      // A stage's text has a sentence a line.
      if let sentences = written["sentences"], sentences.entries != nil,
        sentences["split"]?.isNull ?? true,
        let names = sentences["from"].map({ ($0.items ?? [$0]).map(\.scalar) }),
        !names.isEmpty, names.allSatisfy({ $0.map(texts.contains) ?? false })
      {
        var filled = sentences
        filled["split"] = .text("lines", .standard)
        written["sentences"] = filled
      }
      // Sentences are as long as they are.
      if kind.trains, let sentences = written["sentences"], !sentences.isNull,
        written["minimum_length"]?.isNull ?? true
      {
        written["minimum_length"] = .text("3", .standard)
      }
      let standard = StandardOptions.tree(for: kind, seed: seed)
      guard let name = written["recipe"], !name.isNull else {
        body = Self.fill(written, from: standard)
        return
      }
      // A recipe that does not exist is reported where the stage is read.
      if let recipe = name.scalar.flatMap({ Recipe.named($0, for: kind) }) {
        written = Self.fill(written, from: recipe.tree(under: written))
      }
      body = Self.fill(written, from: standard)
    }
  }

  /// Maps of which exactly one key is given are taken as they are written, or as a whole.
  private static func fill(_ written: DefinitionNode, from base: DefinitionNode) -> DefinitionNode {
    var base = base
    for key in DefinitionPath.exclusiveMaps {
      if let value = written[key], !value.isNull { base[key] = nil }
    }
    return written.filled(from: base)
  }

  private mutating func value(of text: String, _ origin: Origin) -> DefinitionNode? {
    if text.allSatisfy(\.isWhitespace) { return .text("", origin) }
    let read = YAMLReading.tree(of: text) { _, _ in origin }
    diagnostics += read.diagnostics
    return read.tree
  }

  /// Calls `change` with the kind, body and id of every stage whose body is a map.
  private mutating func changeBodies(
    _ tree: inout DefinitionNode,
    _ change: (StageKind, inout DefinitionNode, String, inout DefinitionPreparation) -> Void
  ) {
    guard let stages = tree["stages"], var items = stages.items else { return }
    for index in items.indices {
      let id = DefinitionPath.name(ofStage: index, in: items)
      for entry in items[index].entries ?? [] {
        guard let kind = StageKind(key: entry.key), entry.value.entries != nil else {
          continue
        }
        var body = entry.value
        change(kind, &body, id, &self)
        items[index][entry.key] = body
      }
    }
    tree["stages"] = DefinitionNode(content: .list(items), origin: stages.origin)
  }
}
