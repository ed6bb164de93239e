// The record as text: one layout, read back strictly.

import Foundation

extension RunRecord {
  /// The file's content: JSON, keys sorted, one a line; the same record gives the same bytes.
  /// - Throws: `inconsistent` if facts contradict each other; nothing wrong is ever written.
  public func text() throws(RecordError) -> String {
    let source = "run record of \(experiment.name)"
    let facts = contradictions()
    guard facts.isEmpty else { throw .inconsistent(source: source, facts: facts) }
    return try tree(source: source).text
  }

  /// The text without `measured`: equal, byte for byte, for two runs that did the same.
  public func comparable() throws(RecordError) -> String {
    let tree = try tree(source: "run record of \(experiment.name)")
    guard case .object(let members) = tree else { return tree.text }
    return JSONTree.object(members.filter { $0.key != "measured" }).text
  }

  /// Reads what `text()` wrote.
  /// - source: what messages call it, normally the path.
  public init(text: String, source: String) throws(RecordError) {
    let tree: JSONTree
    do {
      tree = try JSONParser.parse(text)
    } catch {
      throw .notJSON(
        source: source, line: error.line, column: error.column, reason: error.reason)
    }
    guard let format = tree["format"] else {
      throw .invalid(source: source, place: "format", reason: "missing; is this a run record?")
    }
    guard format == .number("\(Self.currentFormat)") else {
      throw .otherVersion(source: source, found: format.line)
    }
    do {
      self = try JSONDecoder.record.decode(Self.self, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw .invalid(source: source, error)
    } catch {
      throw .unreadable(source: source, reason: "\(error)")
    }
    let unknown = tree.keys(missingIn: try self.tree(source: source))
    guard unknown.isEmpty else { throw .unknownKeys(source: source, keys: unknown) }
    let facts = contradictions()
    guard facts.isEmpty else { throw .inconsistent(source: source, facts: facts) }
  }

  public static func read(path: String) throws(RecordError) -> RunRecord {
    let text: String
    do {
      text = try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw .unreadable(
        source: path, reason: exists ? "could not be read as UTF-8 text" : "no such run record")
    }
    return try RunRecord(text: text, source: path)
  }

  private func tree(source: String) throws(RecordError) -> JSONTree {
    do {
      let data = try JSONEncoder.record.encode(self)
      return try JSONParser.parse(String(decoding: data, as: UTF8.self))
    } catch {
      throw .unreadable(source: source, reason: "could not be encoded: \(error)")
    }
  }

  /// Every pair of facts that cannot both be true.
  func contradictions() -> [String] {
    var facts: [String] = []
    let sets = Dictionary(data.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    if sets.count != data.count { facts.append("two data sets of the same name") }
    if Set(stages.map(\.id)).count != stages.count { facts.append("two stages of the same id") }
    for set in data {
      if let labels = set.labels?.labels, labels.count != set.examples {
        facts.append("\(set.name): \(labels.count) labels for \(set.examples) examples")
      }
    }
    for stage in stages {
      for evaluation in stage.evaluations {
        let name = "\(stage.id), \(evaluation.data)"
        guard let set = sets[evaluation.data] else {
          facts.append("\(name): no such data set in the record")
          continue
        }
        let predictions = evaluation.predictions.labels
        if predictions.count != set.examples {
          facts.append("\(name): \(predictions.count) predictions for \(set.examples) examples")
        } else if let labels = set.labels?.labels, labels.count == predictions.count {
          let correct = zip(labels, predictions).count { $0 == $1 }
          if correct != evaluation.correct {
            facts.append("\(name): \(evaluation.correct) correct, the predictions say \(correct)")
          }
        }
        if let logits = evaluation.logits, logits.count % max(predictions.count, 1) != 0 {
          facts.append("\(name): \(logits.count) logits for \(predictions.count) predictions")
        }
      }
    }
    return facts
  }
}

extension RecordError {
  fileprivate static func invalid(source: String, _ error: DecodingError) -> RecordError {
    let (path, reason): ([any CodingKey], String) =
      switch error {
      case .keyNotFound(let key, let context): (context.codingPath + [key], "missing")
      case .valueNotFound(_, let context): (context.codingPath, "null where a value is needed")
      case .typeMismatch(let type, let context):
        (context.codingPath, "expected \(type), found another kind of value")
      case .dataCorrupted(let context): (context.codingPath, context.debugDescription)
      @unknown default: ([], "\(error)")
      }
    let place = path.reduce(into: "") { text, key in
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
    return .invalid(source: source, place: place.isEmpty ? "record" : place, reason: reason)
  }
}

extension JSONEncoder {
  /// Losses can be infinite or not a number in records of failed runs.
  static var record: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return encoder
  }
}

extension JSONDecoder {
  static var record: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return decoder
  }
}
