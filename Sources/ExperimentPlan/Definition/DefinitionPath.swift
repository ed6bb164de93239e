// Key paths into a definition's tree (`stages.sst2.seed`): finding, setting, and short forms.
import RetortOptions

/// `stages.<id>.<key>` leads into the stage of that id, whatever its kind, and `loss.<name>.<key>` into the term of that name;
/// every other path leads through maps by key and through lists by index.
enum DefinitionPath {
  /// Short forms of a stage's keys, and the map they belong in.
  static let shortForms: [(key: String, group: String)] = [
    ("batching", BatchingOptions.options.descriptions),
    ("optimizer", OptimizerOptions.options.descriptions),
    ("schedule", ScheduleOptions.options.descriptions),
  ].flatMap { (group: String, options: [OptionDescription]) in
    options.filter { $0.key != "name" }.map { ($0.key, group) }
  }

  /// Maps of which exactly one key is given: setting one takes the place of the other, and a recipe
  /// never adds to them.
  static let exclusiveMaps: Set<String> = Set(
    StageKind.all.flatMap(StageDefinition.descriptions).compactMap { description in
      guard case .oneKey = description.schema else { return nil }
      return description.key
    })

  /// What messages call a stage: its id, or its number where another stage has the id before it or it is no name.
  static func name(ofStage index: Int, in stages: [DefinitionNode]) -> String {
    guard let id = stages[index]["id"]?.scalar, DefinitionNames.isName(id),
      !stages[..<index].contains(where: { $0["id"]?.scalar == id })
    else { return "\(index)" }
    return id
  }

  /// What messages call a term of a list: its name, else its kind, or its number where another term is called so before it
  /// or it is no term.
  static func name(ofTerm index: Int, in items: [DefinitionNode]) -> String {
    func name(_ item: DefinitionNode) -> String? {
      guard let entries = item.entries, entries.count == 1, entries[0].value.entries != nil else {
        return nil
      }
      let name = entries[0].value["name"]?.scalar ?? entries[0].key
      return DefinitionNames.isName(name) ? name : nil
    }
    guard let own = name(items[index]), !items[..<index].contains(where: { name($0) == own })
    else { return "\(index)" }
    return own
  }

  /// The place in a list that a part of a path means: a number, or the name of a term.
  private static func place(_ part: String, in items: [DefinitionNode]) -> (
    index: Int, isTerm: Bool
  )? {
    if let index = Scalars.integer(part), items.indices.contains(index) { return (index, false) }
    return items.indices.first { name(ofTerm: $0, in: items) == part }.map { ($0, true) }
  }

  /// Sets the value at `path`. Maps on the way are made where there are none.
  /// - Returns: what is wrong with the path, if anything.
  static func set(
    _ path: String, to value: DefinitionNode, in tree: inout DefinitionNode, origin: Origin
  ) -> Diagnostic? {
    let parts = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard !parts.contains("") else {
      return Diagnostic(
        origin, "'\(path)'", expected: "a key path such as stages.sst2.seed",
        advice: "separate keys by single points")
    }
    guard parts.count >= 2, parts[0] == "stages", let stages = tree["stages"]?.items else {
      return set(parts[...], to: value, in: &tree, path: path, origin: origin)
    }
    let ids = stages.indices.map { name(ofStage: $0, in: stages) }
    guard let index = ids.firstIndex(of: parts[1]) else {
      return Diagnostic(
        origin, "no stage '\(parts[1])'", advice: Spelling.advice(for: parts[1], among: ids))
    }
    var stage = stages[index]
    var rest = parts[2...]
    let kind = stage.entries?.map(\.key).first { StageKind(key: $0) != nil }
    if rest.isEmpty {
      stage = value
    } else if rest.first == "id" || kind == nil {
      if let problem = set(rest, to: value, in: &stage, path: path, origin: origin) {
        return problem
      }
    } else if let kind {
      if rest.first == kind { rest = rest.dropFirst() }
      if let key = rest.first, rest.count == 1,
        let short = shortForms.first(where: { $0.key == key })
      {
        rest = [short.group, key]
      }
      var body = stage[kind] ?? .map([], origin)
      if rest.isEmpty {
        body = value
      } else if let problem = set(rest, to: value, in: &body, path: path, origin: origin) {
        return problem
      }
      stage[kind] = body
    }
    var list = stages
    list[index] = stage
    tree["stages"] = DefinitionNode(
      content: .list(list), origin: tree["stages"]?.origin ?? origin)
    return nil
  }

  private static func set(
    _ parts: ArraySlice<String>, to value: DefinitionNode, in node: inout DefinitionNode,
    path: String, origin: Origin
  ) -> Diagnostic? {
    guard let key = parts.first else {
      node = value
      return nil
    }
    switch node.content {
    case .map:
      var child = node[key] ?? .map([], origin)
      if child.isNull { child = .map([], origin) }
      if exclusiveMaps.contains(key), parts.count == 2 { child = .map([], origin) }
      let problem = set(parts.dropFirst(), to: value, in: &child, path: path, origin: origin)
      if problem == nil { node[key] = child }
      return problem
    case .list(var items):
      guard let (index, isTerm) = place(key, in: items) else {
        let names = items.indices.map { name(ofTerm: $0, in: items) }
        let hasTerms = names != items.indices.map(String.init)
        return Diagnostic(
          origin, "'\(key)' in '\(path)'",
          expected: hasTerms
            ? "one of \(names.joined(separator: ", "))" : "an index below \(items.count)")
      }
      var rest = parts.dropFirst()
      if isTerm, !rest.isEmpty, let kind = items[index].entries?.first?.key {
        rest = [kind] + rest
      }
      let problem = set(rest, to: value, in: &items[index], path: path, origin: origin)
      node.content = .list(items)
      return problem
    case .plain, .quoted:
      return Diagnostic(
        origin, "'\(path)' leads through \(node.kindInWords), which has no keys",
        advice: "set the key above it")
    }
  }

  /// Where the value at `path` stands, or the nearest thing above it that someone wrote, and the
  /// recipe or the program as `filledBy` when that is where the value comes from.
  static func origin(of path: String, in tree: DefinitionNode) -> (
    written: Origin, filledBy: Origin?
  ) {
    var parts = path.split(separator: ".").map(String.init)[...]
    var node = tree
    var written = tree.origin
    func step(to next: DefinitionNode) {
      node = next
      switch next.origin {
      case .file, .option: written = next.origin
      case .recipe, .standard: break
      }
    }
    if parts.count >= 2, parts.first == "stages", let stages = tree["stages"]?.items,
      let stage = stages.indices.first(where: {
        name(ofStage: $0, in: stages) == parts[parts.startIndex + 1]
      }).map({ stages[$0] })
    {
      step(to: stage)
      parts = parts.dropFirst(2)
      if let kind = stage.entries?.first(where: { StageKind(key: $0.key) != nil }),
        parts.first != "id"
      {
        step(to: kind.value)
      }
    }
    for part in parts {
      if let child = node[part] {
        step(to: child)
      } else if let items = node.items, let (index, isTerm) = place(part, in: items) {
        step(to: items[index])
        if isTerm, let term = items[index].entries?.first { step(to: term.value) }
      } else {
        break
      }
    }
    return (written, node.origin == written ? nil : node.origin)
  }
}
