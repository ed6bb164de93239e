// The `stages:` of a definition.
import RetortOptions

extension DefinitionDecoding {
  /// Those that could be read, with stand-ins for what is wrong in them. A stage without a name of its own is called
  /// by its number.
  func stages(_ top: MapReader) -> DefinedStages? {
    guard let node = top.node("stages") else { return nil }
    guard let items = node.items, !items.isEmpty else {
      top.reportWrong(
        node, "stages", expected: "a list of at least one stage, each beginning with '- id:'")
      return nil
    }
    var seen: [String: Origin] = [:]
    let read = items.enumerated().compactMap { index, item -> DefinedStage? in
      let name = DefinitionPath.name(ofStage: index, in: items)
      guard let reader = MapReader(item, at: "stages.\(name)", self) else { return nil }
      defer { reader.finish() }
      if let id = reader.value("id", DefinitionNames.name), let node = reader.node("id") {
        if let first = seen[id] {
          reader.reportWrong(
            node, "id", expected: "another name than the stage at \(first.label) has")
        } else {
          seen[id] = node.origin
        }
      } else if !reader.has("id") {
        reader.reportMissing("id", expected: "a name, as in id: distil")
      }
      let kinds = StageKind.all.filter { reader.has($0.rawValue) }
      guard kinds.count == 1, let kind = kinds.first else {
        let names = StageKind.all.map(\.rawValue)
        let isMisspelt = (item.entries ?? []).contains {
          $0.key != "id" && Spelling.nearest(to: $0.key, among: names) != nil
        }
        guard !kinds.isEmpty || !isMisspelt else { return nil }
        report(
          Diagnostic(
            item.origin, reader.path, expected: "one of \(names.joined(separator: ", "))",
            found: kinds.isEmpty
              ? "none of them" : kinds.map(\.rawValue).joined(separator: " and ")),
          at: reader.path)
        return nil
      }
      return reader.map(kind.rawValue, at: reader.path) { kind.type.read($0, id: name) }
    }
    return DefinedStages(read)
  }
}

/// The stages of a definition by what they make.
struct DefinedStages: Sendable {
  var trainings: [StageDefinition] = []
  var texts: [TextStage] = []

  init(_ stages: [DefinedStage] = []) {
    for stage in stages {
      switch stage {
      case .training(let stage): trainings.append(stage)
      case .text(var stage):
        stage.position = trainings.count
        texts.append(stage)
      }
    }
  }

  /// Of the stages of a definition, right or wrong, as far as their kinds are known.
  static func names(in tree: DefinitionNode) -> (trainings: [String], texts: [String]) {
    var names: (trainings: [String], texts: [String]) = ([], [])
    for item in tree["stages"]?.items ?? [] {
      guard let id = item["id"]?.scalar,
        let kind = item.entries?.lazy.compactMap({ StageKind(key: $0.key) }).first
      else { continue }
      if kind.trains { names.trainings.append(id) } else { names.texts.append(id) }
    }
    return names
  }
}

extension ResolvedDefinition {
  /// The stages of both kinds, in the order in which they are written.
  var allStages: [DefinedStage] {
    var all: [DefinedStage] = []
    var rest = texts[...]
    func takeTexts(before position: Int) {
      while let next = rest.first, next.position <= position {
        all.append(.text(next))
        rest.removeFirst()
      }
    }
    for (position, stage) in stages.enumerated() {
      takeTexts(before: position)
      all.append(.training(stage))
    }
    takeTexts(before: .max)
    return all
  }
}
