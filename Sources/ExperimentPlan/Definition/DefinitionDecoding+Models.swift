// The `models:` of a definition.
import RetortOptions
import RetortTransformers

extension DefinitionDecoding {
  func models(_ top: MapReader) -> [ModelDefinition]? {
    guard let node = top.node("models"), let map = MapReader(node, at: "models", self) else {
      return nil
    }
    var models: [ModelDefinition] = []
    for entry in map.ownNames {
      guard DefinitionNames.isName(entry.key) else {
        _ = DefinitionNames.name.read(.text(entry.key, entry.keyOrigin), entry.key, map)
        continue
      }
      let reader = MapReader(entry.value, at: "models.\(entry.key)", self)
      let read = reader.flatMap { model($0, name: entry.key) }
      reader?.finish()
      if let read { models.append(read) } else { markBroken(entry.key) }
    }
    return models
  }

  private func model(_ reader: MapReader, name: String) -> ModelDefinition? {
    let ways = ["from", "init_from", "sizes"].filter(reader.has)
    guard ways.count == 1 else {
      report(
        Diagnostic(
          reader.node.origin, reader.path,
          expected: "one of from (a folder), init_from (another model), sizes (from nothing)",
          found: ways.isEmpty ? "none of them" : ways.joined(separator: " and ")))
      // The other keys belong to one of these ways; which ones are unknown cannot be told.
      _ = reader.ownNames
      return nil
    }
    let source: ModelSource? =
      switch ways[0] {
      case "from": folderSource(reader)
      case "sizes": scratchSource(reader)
      default: studentSource(reader)
      }
    let head = head(reader, source: source)
    let seed = seed(reader)
    let dropout = dropout(reader, source: source)
    guard let source, let seed, let head, let dropout else { return nil }
    return ModelDefinition(
      name: name, source: source, maskedLMHead: head.start, dropout: dropout.options, seed: seed)
  }

  private func folderSource(_ reader: MapReader) -> ModelSource? {
    guard let node = reader.node("from") else { return nil }
    guard node.entries != nil else { return address(node, reader, "from").map { .folder($0) } }
    return reader.map("from") { map in
      map.requiring("random", expected: "random: FOLDER (its sizes, weights drawn)") {
        map.node("random").flatMap { address($0, map, "random") }.map { .randomWeights($0) }
      }
    }
  }

  private func scratchSource(_ reader: MapReader) -> ModelSource? {
    let architecture = architecture(reader)
    let sizes = reader.map("sizes", ModelSizes.options.read)
    guard let architecture, let sizes else { return nil }
    return .scratch(architecture, sizes)
  }

  private func studentSource(_ reader: MapReader) -> ModelSource? {
    let drawsWeights = reader.truth("random_weights") ?? false
    return StudentSource.options.read(reader).map {
      drawsWeights ? .randomStudent($0) : .layers($0)
    }
  }

  private func architecture(_ reader: MapReader) -> ModelFamily? {
    reader.required(
      "architecture", expected: ModelFamilies.choice,
      reader.choice("architecture", ModelFamily.self))
  }

  /// - Returns: nil after a mistake, else the head's start or no head.
  private func head(_ reader: MapReader, source: ModelSource?) -> (start: HeadStart?, Void)? {
    let isStudent = if case .layers = source { true } else { false }
    guard let node = reader.node("head") else {
      // A student keeps the head of the model it is made of, if that has one (checked later).
      return (isStudent ? .copied : nil, ())
    }
    if node.scalar == "none" { return (nil, ()) }
    return reader.map("head") { map in
      enum Kind: String, CaseIterable { case maskedLM = "masked_lm" }
      let kind = map.required("kind", expected: "masked_lm", map.choice("kind", Kind.self))
      let start = map.required(
        "init", expected: "new, stored or copied", map.choice("init", HeadStart.self))
      guard kind != nil, let start, let node = map.node("init") else { return nil }
      if start == .copied, !isStudent {
        map.reportWrong(
          node, "init", expected: source?.student == nil ? "new or stored" : "new",
          advice: "'copied' is for models made with init_from, random_weights not set")
        return nil
      }
      let isFolder = if case .folder = source { true } else { false }
      if start == .stored, !isFolder {
        map.reportWrong(
          node, "init", expected: isStudent ? "new or copied" : "new",
          advice: "'stored' is for models read with from: FOLDER")
        return nil
      }
      return (start, ())
    }
  }

  /// - Returns: nil after a mistake, else the rates, or none: as config.json says.
  private func dropout(
    _ reader: MapReader, source: ModelSource?
  ) -> (options: DropoutOptions?, Void)? {
    guard reader.has("dropout") else {
      switch source {
      case .layers(let student), .randomStudent(let student):
        let own = student.architecture.defaults
        return (
          DropoutOptions(
            hidden: own.hiddenDropout, attention: own.attentionDropout,
            classifier: own.effectiveClassifierDropout), ()
        )
      case .scratch:
        reader.reportMissing(
          "dropout", expected: "dropout: {hidden, attention, classifier}",
          advice: "0.1, 0.1, 0.1 are BERT's")
        return nil
      case .folder, .randomWeights, nil: return (nil, ())
      }
    }
    return reader.map("dropout", DropoutOptions.options.read).map { ($0, ()) }
  }
}
