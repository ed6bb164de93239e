// Records to text and back: one layout, and nothing in the text that is not understood.

import Foundation

enum RecordText {
  static func read(path: String) throws(RecordError) -> String {
    do {
      return try String(contentsOfFile: path, encoding: .utf8)
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw .unreadable(
        source: path, reason: exists ? "could not be read as UTF-8 text" : "no such record")
    }
  }

  static func tree(of value: some Encodable, source: String) throws(RecordError) -> JSONTree {
    do {
      return try JSONParser.parse(
        String(decoding: JSONEncoder.record.encode(value), as: UTF8.self))
    } catch {
      throw .unreadable(source: source, reason: "could not be encoded: \(error)")
    }
  }

  /// Decodes, after checking the format version, which all kinds of record share, and refuses keys
  /// that the type does not have.
  static func decode<Value: Codable>(
    _ type: Value.Type, from text: String, source: String
  ) throws(RecordError) -> Value {
    let tree: JSONTree
    do {
      tree = try JSONParser.parse(text)
    } catch {
      throw .notJSON(
        source: source, line: error.line, column: error.column, reason: error.reason)
    }
    guard let format = tree["format"] else {
      throw .invalid(source: source, place: "format", reason: "missing; is this a record?")
    }
    guard format == .number("\(RunRecord.currentFormat)") else {
      throw .otherVersion(source: source, found: format.line)
    }
    let value: Value
    do {
      value = try JSONDecoder.record.decode(type, from: Data(text.utf8))
    } catch let error as DecodingError {
      throw .invalid(source: source, error)
    } catch {
      throw .unreadable(source: source, reason: "\(error)")
    }
    let unknown = tree.keys(missingIn: try Self.tree(of: value, source: source))
    guard unknown.isEmpty else { throw .unknownKeys(source: source, keys: unknown) }
    return value
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
