// The values of a definition that it does not state itself, listed for display.
import RetortOptions

enum FilledValues {
  /// Every leaf of the prepared tree that came from a recipe, the program or a `--set` option.
  static func list(in tree: DefinitionNode) -> [FilledValue] {
    var found: [FilledValue] = []
    collect(tree, path: "", into: &found)
    return found
  }

  private static func collect(
    _ node: DefinitionNode, path: String, into found: inout [FilledValue]
  ) {
    if let entries = node.entries {
      for entry in entries {
        let isBody = path.hasPrefix("stages.") && StageKind(key: entry.key) != nil
        let below = isBody ? path : path.isEmpty ? entry.key : "\(path).\(entry.key)"
        collect(entry.value, path: below, into: &found)
      }
      return
    }
    if let items = node.items, items.contains(where: { $0.entries != nil }) {
      for (index, item) in items.enumerated() {
        let name = item["id"]?.scalar ?? DefinitionPath.name(ofTerm: index, in: items)
        let value = name == "\(index)" || item["id"] != nil ? item : item.entries?.first?.value
        collect(value ?? item, path: "\(path).\(name)", into: &found)
      }
      return
    }
    if case .file = node.origin { return }
    found.append(FilledValue(path: path, value: text(node), origin: node.origin))
  }

  /// A value on one line, numbers in their shortest exact form.
  static func text(_ node: DefinitionNode) -> String {
    switch node.content {
    case .plain(let text):
      if let whole = Scalars.integer(text) { return String(whole) }
      return Scalars.number(text).map(self.text) ?? text
    case .quoted(let text): return CanonicalText.quoted(text)
    case .list(let items): return "[" + items.map(text).joined(separator: ", ") + "]"
    case .map(let entries):
      return "{" + entries.map { "\($0.key): \(text($0.value))" }.joined(separator: ", ") + "}"
    }
  }

  static func text(_ number: Double) -> String { number.description }
}

extension FilledValues {
  /// Values by where they come from, a line each; `prefix` is dropped from the paths.
  static func summary(_ values: [FilledValue], dropping prefix: String) -> [String] {
    var groups: [(label: String, values: [String])] = []
    for value in values {
      let label =
        switch value.origin {
        case .recipe(let name): "from \(name)"
        case .standard: "by default"
        case .option: "from --set"
        case .file: "written"
        }
      let text = "\(value.path.dropFirst(prefix.count)) \(value.value)"
      if let index = groups.firstIndex(where: { $0.label == label }) {
        groups[index].values.append(text)
      } else {
        groups.append((label, [text]))
      }
    }
    return groups.map { "\($0.label): \($0.values.joined(separator: ", "))" }
  }
}
