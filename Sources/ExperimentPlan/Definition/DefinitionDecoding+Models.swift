// The `models:` of a definition.
import Options
import Transformers

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
    let sizes: ModelSizes? = reader.map("sizes") { map in
      let size = { (key: String) in
        map.required(
          key, expected: "a whole number of at least 1", map.integer(key, atLeast: 1))
      }
      let (hidden, layers, heads) = (size("hidden_size"), size("layer_count"), size("head_count"))
      let (feedForward, positions) = (size("feed_forward_size"), size("maximum_positions"))
      let range = map.required(
        "initializer_range", expected: "a number above 0 (0.02 in BERT)",
        map.number("initializer_range", .positive))
      let epsilon = map.required(
        "layer_norm_epsilon", expected: "a number above 0 (1e-12 in BERT)",
        map.number("layer_norm_epsilon", .positive))
      guard let hidden, let layers, let heads, let feedForward, let positions, let range,
        let epsilon
      else { return nil }
      if hidden % heads != 0, let node = map.node("hidden_size") {
        map.reportWrong(
          node, "hidden_size", expected: "a multiple of head_count (\(heads))")
        return nil
      }
      return ModelSizes(
        hiddenSize: hidden, layerCount: layers, headCount: heads, feedForwardSize: feedForward,
        maximumPositions: positions, initializerRange: range, layerNormEpsilon: epsilon)
    }
    guard let architecture, let sizes else { return nil }
    return .scratch(architecture, sizes)
  }

  private func studentSource(_ reader: MapReader) -> ModelSource? {
    let drawsWeights = reader.truth("random_weights") ?? false
    return layersSource(reader).map { drawsWeights ? .randomStudent($0) : .layers($0) }
  }

  private func layersSource(_ reader: MapReader) -> StudentSource? {
    let architecture = architecture(reader)
    let source = reader.required(
      "init_from", expected: "a model or stage", identifier(reader, "init_from"))
    let layers = reader.requiring("layers", expected: "a list of the source's layers, from 0") {
      reader.list("layers") { reader.integer($0, "layers", atLeast: 0) }
    }
    let tokenType = reader.choice("token_type", TokenTypeRule.self)
    if let layers, layers.isEmpty, let node = reader.node("layers") {
      reader.reportWrong(node, "layers", expected: "at least one layer")
    }
    if let count = reader.integer("layer_count", atLeast: 1), let layers, count != layers.count,
      let node = reader.node("layer_count")
    {
      reader.reportWrong(
        node, "layer_count", expected: "\(layers.count), as 'layers' has",
        advice: "leave layer_count out, or name as many layers")
    }
    guard let architecture, let source, let layers else { return nil }
    return StudentSource(
      of: source, architecture: architecture, layers: layers, tokenType: tokenType)
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
    return reader.map("dropout") { map in
      let rate = { (key: String) in
        map.required(
          key, expected: NumberRule.belowOne.words, map.number(key, .belowOne))
      }
      let (hidden, attention, classifier) = (rate("hidden"), rate("attention"), rate("classifier"))
      guard let hidden, let attention, let classifier else { return nil }
      return (DropoutOptions(hidden: hidden, attention: attention, classifier: classifier), ())
    }
  }
}
