// Records to text and back: one layout, and nothing in the text that is not understood.
import RetortFiles
import RetortStrictJSON

/// How every kind of record is read and written.
public enum RecordText {
  /// The document in a file, not yet looked at as a record.
  public static func tree(path: String) throws(RecordError) -> JSONTree {
    let text: [UInt8]
    do {
      text = try MappedFile.contents(path: path)
    } catch .notFound {
      throw .unreadable(source: path, reason: "no such record")
    } catch {
      throw .file(error)
    }
    return try parse(text, source: path)
  }

  /// - Parameter source: what messages call the record.
  public static func tree(
    of value: some Encodable, source: String
  ) throws(RecordError) -> JSONTree {
    do {
      return try JSONTree(value)
    } catch {
      throw .unreadable(source: source, reason: "could not be encoded: \(error)")
    }
  }

  /// Decodes, after checking the format version, which all kinds of record share, and refuses keys
  /// that the type does not have.
  static func decode<Value: Codable>(
    _ type: Value.Type, from tree: JSONTree, source: String
  ) throws(RecordError) -> Value {
    guard let format = tree["format"] else {
      throw .invalid(source: source, place: "format", reason: "missing; is this a record?")
    }
    guard format == .integer(RunRecord.currentFormat) else {
      throw .otherVersion(source: source, found: format.line)
    }
    return try value(type, of: tree, source: source)
  }

  /// Reads a file of measurements that has no format version, its texts on one line each.
  public static func decodeUnversioned<Value: Codable>(
    _ type: Value.Type = Value.self, path: String
  ) throws(RecordError) -> Value {
    try value(type, of: tree(path: path).onOneLine, source: path)
  }

  static func parse(_ text: [UInt8], source: String) throws(RecordError) -> JSONTree {
    do {
      return try JSONTree.parse(text)
    } catch {
      throw .notJSON(source: source, line: error.line, column: error.column, reason: error.reason)
    }
  }

  private static func value<Value: Codable>(
    _ type: Value.Type, of tree: JSONTree, source: String
  ) throws(RecordError) -> Value {
    do {
      return try tree.decode(type)
    } catch {
      switch error {
      case .unknownKeys(let keys): throw .unknownKeys(source: source, keys: keys)
      case .wrong(let place, let reason):
        throw .invalid(source: source, place: place.isEmpty ? "record" : place, reason: reason)
      }
    }
  }
}
