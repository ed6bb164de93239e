// Reference files: YAML to values, strictly.

import Yams

extension Reference {
  static let currentFormat = 1

  /// - id: the file's name without `.yaml`; must be the `id` inside.
  /// - path: what messages call the file.
  init(yaml: String, id: String, path: String) throws(ReferenceError) {
    let root: Node
    do {
      guard let node = try Yams.compose(yaml: yaml) else {
        throw ReferenceError.unreadable(path: path, reason: "empty")
      }
      root = node
    } catch let error as ReferenceError {
      throw error
    } catch let error as YamlError {
      throw .unreadable(path: path, reason: Self.line(of: error))
    } catch {
      throw .unreadable(path: path, reason: "\(error)")
    }
    let map = try StrictMapping(
      root, path: path,
      keys: [
        "format", "id", "title", "kind", "sources", "runs", "tables", "claims", "contradictions",
        "notes",
      ])
    guard try map.integer("format") == Self.currentFormat else {
      throw map.error("format: expected \(Self.currentFormat)", at: "format")
    }
    guard try map.string("id") == id else {
      throw map.error("id: expected \(id), the file's own name", at: "id")
    }
    guard let kind = Kind(rawValue: try map.string("kind")) else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw map.error("kind: expected one of \(kinds)", at: "kind")
    }
    let sources = try map.strings("sources")
    guard !sources.isEmpty else {
      throw map.error("sources: at least one is needed", at: "sources")
    }
    self.init(
      id: id, title: try map.string("title"), kind: kind, sources: sources,
      runs: try map.elements("runs").map { node throws(ReferenceError) in try Run(node, path) },
      tables: try map.elements("tables").map { node throws(ReferenceError) in
        try Table(node, path)
      },
      claims: try map.elements("claims").map { node throws(ReferenceError) in
        try Claim(node, path)
      },
      contradictions: try map.elements("contradictions").map { node throws(ReferenceError) in
        try Contradiction(node, path)
      },
      notes: try map.strings("notes"))
  }

  /// Yams describes a syntax error with a picture of several lines.
  private static func line(of error: YamlError) -> String {
    "\(error)".split(separator: "\n").first.map(String.init) ?? "not YAML"
  }
}

extension Reference.Run {
  fileprivate init(_ node: Node, _ path: String) throws(ReferenceError) {
    let map = try StrictMapping(
      node, path: path,
      keys: [
        "id", "name", "model", "weights", "parameters", "task", "examples", "settings", "budget",
        "tolerance", "machine", "seconds", "time_note", "epochs", "curve",
      ])
    let examples = try map.integer("examples")
    self.init(
      id: try map.string("id"), name: try map.string("name"), model: try map.string("model"),
      weights: try map.optional("weights", map.string),
      parameters: try map.optional("parameters", map.integer), task: try map.string("task"),
      examples: examples, settings: try map.string("settings"),
      budget: try map.optional("budget", map.string),
      tolerance: try map.optional("tolerance") { key throws(ReferenceError) in
        try Self.tolerance(map.node(key), path)
      } ?? [:],
      machine: try map.optional("machine", map.string),
      seconds: try map.optional("seconds", map.figure)?.value,
      timeNote: try map.optional("time_note", map.string),
      epochs: try map.elements("epochs").map { node throws(ReferenceError) in
        try Reference.Epoch(node, path, examples: examples)
      },
      curve: try map.optional("curve") { key throws(ReferenceError) in
        try Reference.Curve(map.node(key), path)
      })
  }

  private static func tolerance(
    _ node: Node, _ path: String
  ) throws(ReferenceError) -> [EpochFigure: Double] {
    let map = try StrictMapping(node, path: path, keys: EpochFigure.allCases.map(\.rawValue))
    var tolerance: [EpochFigure: Double] = [:]
    for figure in EpochFigure.allCases where map.has(figure.rawValue) {
      let value = try map.figure(figure.rawValue).value
      guard value > 0 else {
        throw map.error("\(figure.rawValue): expected more than 0", at: figure.rawValue)
      }
      tolerance[figure] = value
    }
    return tolerance
  }
}

extension Reference.Epoch {
  fileprivate init(_ node: Node, _ path: String, examples: Int) throws(ReferenceError) {
    let map = try StrictMapping(
      node, path: path,
      keys: [
        "epoch", "step", "training_loss", "epoch_training_loss", "validation_loss", "accuracy",
        "correct",
      ])
    let accuracy = try map.figure("accuracy")
    let nearest = Int((accuracy.value * Double(examples)).rounded())
    let correct = try map.optional("correct", map.integer) ?? nearest
    // Four digits after the point tell neighbouring counts apart up to 10,000 examples.
    guard abs(Double(correct) / Double(examples) - accuracy.value) <= 0.00005 + 1e-12 else {
      throw map.error(
        "accuracy: \(accuracy.text) is no whole number of \(examples) examples "
          + "(\(correct) would be \((Double(correct) / Double(examples)).fixed(4)))", at: "accuracy"
      )
    }
    self.init(
      epoch: try map.integer("epoch"), step: try map.integer("step"),
      trainingLoss: try map.optional("training_loss", map.figure),
      epochTrainingLoss: try map.optional("epoch_training_loss", map.figure),
      validationLoss: try map.figure("validation_loss"), accuracy: accuracy, correct: correct)
  }
}

extension Reference.Curve {
  fileprivate init(_ node: Node, _ path: String) throws(ReferenceError) {
    let map = try StrictMapping(node, path: path, keys: ["window", "losses"])
    let losses = try map.strings("losses").map { text throws(ReferenceError) in
      guard let value = Double(text) else {
        throw map.error("losses: expected numbers, found \"\(text)\"", at: "losses")
      }
      return value
    }
    self.init(window: try map.integer("window"), losses: losses)
  }
}

extension Reference.Table {
  fileprivate init(_ node: Node, _ path: String) throws(ReferenceError) {
    let map = try StrictMapping(node, path: path, keys: ["id", "title", "columns", "rows"])
    let columns = try map.strings("columns")
    let rows = try map.elements("rows").map { row throws(ReferenceError) in
      guard case .sequence(let cells) = row, cells.count == columns.count else {
        throw StrictMapping.error("a row needs \(columns.count) cells", row, path)
      }
      return try cells.map { cell throws(ReferenceError) in
        guard let text = cell.scalar?.string else {
          throw StrictMapping.error("a cell holds one number or text", cell, path)
        }
        return text
      }
    }
    self.init(
      id: try map.string("id"), title: try map.string("title"), columns: columns, rows: rows)
  }
}

extension Reference.Claim {
  fileprivate init(_ node: Node, _ path: String) throws(ReferenceError) {
    let map = try StrictMapping(node, path: path, keys: ["id", "text", "value"])
    self.init(
      id: try map.string("id"), text: try map.string("text"), value: try map.figure("value").value)
  }
}

extension Reference.Contradiction {
  fileprivate init(_ node: Node, _ path: String) throws(ReferenceError) {
    let map = try StrictMapping(
      node, path: path, keys: ["place", "says", "against", "judgement"])
    self.init(
      place: try map.string("place"), says: try map.string("says"),
      against: try map.string("against"), judgement: try map.string("judgement"))
  }
}
