// Reference files: YAML to values, strictly, with all mistakes at once.
import RetortFormatting
import RetortOptions
import RetortStrictYAML

extension Reference {
  static let currentFormat = 1

  /// - id: the file's name without `.yaml`; must be the `id` inside.
  /// - path: what messages call the file.
  init(yaml: String, id: String, path: String) throws(ReferenceError) {
    let read = YAMLReading.tree(of: yaml) { .file(path: path, line: $0, column: $1) }
    // What could not be read whole would be found wrong again key by key.
    guard read.diagnostics.isEmpty else { throw .invalid(DefinitionError(read.diagnostics)) }
    let reading = ReferenceReading()
    let reference = read.tree.flatMap { reading.reference($0, id: id) }
    let mistakes = reading.collector.diagnostics
    guard let reference, mistakes.isEmpty else { throw .invalid(DefinitionError(mistakes)) }
    self = reference
  }
}

/// Reads the tree of one file; a nil result means that there is a mistake in the collector.
private struct ReferenceReading {
  let collector = DiagnosticCollector()

  func reference(_ node: DefinitionNode, id: String) -> Reference? {
    guard let map = MapReader(node, at: "", collector) else { return nil }
    let format = map.needed("format", "\(Reference.currentFormat)", map.count)
    if let format, format != Reference.currentFormat, let node = map.node("format") {
      map.reportWrong(node, "format", expected: "\(Reference.currentFormat)")
    }
    let name = map.needed("id", "\(id), the file's own name", map.words)
    if let name, name != id, let node = map.node("id") {
      map.reportWrong(node, "id", expected: "\(id), the file's own name")
    }
    let title = map.needed("title", "text", map.words)
    let kinds = Reference.Kind.allCases.map(\.rawValue).joined(separator: " or ")
    let kind = map.needed("kind", kinds) { map.value($0, OptionType<Reference.Kind>.choice) }
    let sources = map.needed("sources", "a list of at least one source", map.texts)
    if let node = map.node("sources"), node.items?.isEmpty == true {
      map.reportWrong(node, "sources", expected: "a list of at least one source")
    }
    let runs = map.maps("runs", run)
    let tables = map.maps("tables", table)
    let claims = map.maps("claims", claim)
    let contradictions = map.maps("contradictions", contradiction)
    let notes = map.texts("notes") ?? []
    map.finish()
    guard let name, let title, let kind, let sources else { return nil }
    return Reference(
      id: name, title: title, kind: kind, sources: sources, runs: runs, tables: tables,
      claims: claims, contradictions: contradictions, notes: notes)
  }

  private func run(_ map: MapReader) -> Reference.Run? {
    let id = map.needed("id", "text", map.words)
    let name = map.needed("name", "text", map.words)
    let model = map.needed("model", "text", map.words)
    let weights = map.words("weights")
    let parameters = map.count("parameters")
    let task = map.needed("task", "text", map.words)
    let examples = map.needed("examples", "a whole number of at least 0", map.count)
    let settings = map.needed("settings", "text", map.words)
    let budget = map.words("budget")
    let tolerance = map.map("tolerance", self.tolerance) ?? [:]
    let machine = map.words("machine")
    let seconds = map.figure("seconds")
    let timeNote = map.words("time_note")
    let epochs = map.maps("epochs") { epoch($0, examples: examples) }
    let curve = map.map("curve", self.curve)
    guard let id, let name, let model, let task, let examples, let settings else { return nil }
    return Reference.Run(
      id: id, name: name, model: model, weights: weights, parameters: parameters, task: task,
      examples: examples, settings: settings, budget: budget, tolerance: tolerance,
      machine: machine, seconds: seconds?.value, timeNote: timeNote, epochs: epochs, curve: curve)
  }

  private func tolerance(_ map: MapReader) -> [EpochFigure: Double] {
    var tolerance: [EpochFigure: Double] = [:]
    for figure in EpochFigure.allCases {
      tolerance[figure] = map.value(figure.rawValue, .number(.positive))
    }
    return tolerance
  }

  private func epoch(_ map: MapReader, examples: Int?) -> Reference.Epoch? {
    let epoch = map.needed("epoch", "a whole number of at least 0", map.count)
    let step = map.needed("step", "a whole number of at least 0", map.count)
    let trainingLoss = map.figure("training_loss")
    let epochTrainingLoss = map.figure("epoch_training_loss")
    let validationLoss = map.needed("validation_loss", "a number", map.figure)
    let accuracy = map.needed("accuracy", "a number", map.figure)
    let stated = map.count("correct")
    guard let epoch, let step, let validationLoss, let accuracy, let examples,
      let node = map.node("accuracy")
    else { return nil }
    let nearest = (accuracy.value * Double(examples)).rounded()
    guard let correct = stated ?? Int(exactly: nearest) else { return nil }
    // Four digits after the point tell neighbouring counts apart up to 10,000 examples.
    if abs(Double(correct) / Double(examples) - accuracy.value) > 0.00005 + 1e-12 {
      map.reportWrong(
        node, "accuracy", expected: "a whole number of \(examples) examples",
        advice: "\(correct) would be \((Double(correct) / Double(examples)).fixed(4))")
    }
    return Reference.Epoch(
      epoch: epoch, step: step, trainingLoss: trainingLoss, epochTrainingLoss: epochTrainingLoss,
      validationLoss: validationLoss, accuracy: accuracy, correct: correct)
  }

  private func curve(_ map: MapReader) -> Reference.Curve? {
    let window = map.needed("window", "a whole number of at least 0", map.count)
    let losses = map.items("losses").compactMap { OptionType.number(.any).read($0, "losses", map) }
    guard let window else { return nil }
    return Reference.Curve(window: window, losses: losses)
  }

  private func table(_ map: MapReader) -> Reference.Table? {
    let id = map.needed("id", "text", map.words)
    let title = map.needed("title", "text", map.words)
    let columns = map.needed("columns", "a list of headings", map.texts)
    let rows = map.items("rows").compactMap { row -> [String]? in
      let count = columns?.count ?? row.items?.count ?? 0
      guard let cells = row.items, cells.count == count else {
        map.reportWrong(row, "rows", expected: "a list of \(count) cell\(count == 1 ? "" : "s")")
        return nil
      }
      return cells.compactMap { cell in
        if cell.scalar == nil { map.reportWrong(cell, "rows", expected: "one number or text") }
        return cell.scalar
      }
    }
    guard let id, let title, let columns else { return nil }
    return Reference.Table(id: id, title: title, columns: columns, rows: rows)
  }

  private func claim(_ map: MapReader) -> Reference.Claim? {
    let id = map.needed("id", "text", map.words)
    let text = map.needed("text", "text", map.words)
    let value = map.needed("value", "a number", map.figure)
    guard let id, let text, let value else { return nil }
    return Reference.Claim(id: id, text: text, value: value.value)
  }

  private func contradiction(_ map: MapReader) -> Reference.Contradiction? {
    let place = map.needed("place", "text", map.words)
    let says = map.needed("says", "text", map.words)
    let against = map.needed("against", "text", map.words)
    let judgement = map.needed("judgement", "text", map.words)
    guard let place, let says, let against, let judgement else { return nil }
    return Reference.Contradiction(
      place: place, says: says, against: against, judgement: judgement)
  }
}

extension MapReader {
  /// A value that must be there.
  fileprivate func needed<Value>(
    _ key: String, _ expected: String, _ read: (String) -> Value?
  ) -> Value? {
    required(key, expected: expected, read(key))
  }

  /// Text that is printed as it stands, a number too.
  fileprivate func words(_ key: String) -> String? { node(key).flatMap { words($0, key) } }

  private func words(_ value: DefinitionNode, _ key: String) -> String? {
    if let text = value.scalar, !text.isEmpty { return text }
    reportWrong(value, key, expected: "text")
    return nil
  }

  fileprivate func count(_ key: String) -> Int? { value(key, .integer(atLeast: 0, atMost: .max)) }

  /// A number with its own characters.
  fileprivate func figure(_ key: String) -> Reference.Figure? {
    guard let value = value(key, .number(.any)), let text = node(key)?.scalar else { return nil }
    return Reference.Figure(text: text, value: value)
  }

  /// The elements of a list; none where the key is absent.
  fileprivate func items(_ key: String) -> [DefinitionNode] {
    guard let value = node(key) else { return [] }
    if let items = value.items { return items }
    reportWrong(value, key, expected: "a list")
    return []
  }

  /// Nil where the key is absent.
  fileprivate func texts(_ key: String) -> [String]? {
    has(key) ? items(key).compactMap { words($0, key) } : nil
  }

  /// The maps of a list, each closed against unknown keys.
  fileprivate func maps<Value>(_ key: String, _ read: (MapReader) -> Value?) -> [Value] {
    items(key).enumerated().compactMap { index, item in
      guard let map = MapReader(item, at: "\(pathOf(key))[\(index)]", collector) else { return nil }
      defer { map.finish() }
      return read(map)
    }
  }
}
