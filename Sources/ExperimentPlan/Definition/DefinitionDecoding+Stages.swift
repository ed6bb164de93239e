// The `stages:` of a definition.
import RetortOptions

extension DefinitionDecoding {
  func stages(_ top: MapReader) -> [StageDefinition]? {
    guard let node = top.node("stages") else { return nil }
    guard let items = node.items else {
      top.reportWrong(node, "stages", expected: "a list of stages, each beginning with '- id:'")
      return nil
    }
    guard !items.isEmpty else {
      top.reportWrong(node, "stages", expected: "at least one stage")
      return nil
    }
    var seen: [String: Origin] = [:]
    return items.enumerated().compactMap { index, item in
      let name = item["id"]?.scalar ?? "\(index)"
      guard let reader = MapReader(item, at: "stages.\(name)", self) else { return nil }
      defer { reader.finish() }
      let id = reader.required("id", expected: "a name", identifier(reader, "id"))
      if let id, let node = reader.node("id") {
        if let first = seen[id] {
          reader.reportWrong(
            node, "id", expected: "another name than the stage at \(first.label) has")
        }
        seen[id] = node.origin
      }
      let kinds = StageKind.all.filter { reader.has($0.rawValue) }
      guard kinds.count == 1, let kind = kinds.first else {
        report(
          Diagnostic(
            item.origin, reader.path,
            expected: "one of \(StageKind.all.map(\.rawValue).joined(separator: ", "))",
            found: kinds.isEmpty
              ? "none of them" : kinds.map(\.rawValue).joined(separator: " and ")))
        markBroken(name)
        return nil
      }
      let stage = reader.map(kind.rawValue, at: reader.path) {
        StageDefinition.read($0, kind, id: id)
      }
      if stage == nil { markBroken(name) }
      return stage
    }
  }
}
