// Why a run record could not be read or written, in one line.

import RetortFiles

public enum RecordError: Error, Equatable, CustomStringConvertible {
  case unreadable(source: String, reason: String)
  case file(FileError)
  case notJSON(source: String, line: Int, column: Int, reason: String)
  case otherVersion(source: String, found: String)
  case unknownKeys(source: String, keys: [String])
  /// A key that is missing or holds a value of another kind.
  case invalid(source: String, place: String, reason: String)
  /// Facts in the record that contradict each other.
  case inconsistent(source: String, facts: [String])

  public var description: String {
    switch self {
    case .file(let error): return error.description
    case .unreadable(let source, let reason):
      return "\(source): \(reason)"
    case .notJSON(let source, let line, let column, let reason):
      return "\(source):\(line):\(column): not a record: \(reason)"
    case .otherVersion(let source, let found):
      return "\(source): record of format \(found), expected \(RunRecord.currentFormat); "
        + "run the experiment again, or read it with the program that wrote it"
    case .unknownKeys(let source, let keys):
      return "\(source): unknown key\(keys.count == 1 ? "" : "s") "
        + keys.joined(separator: ", ") + "; records are not meant to be edited"
    case .invalid(let source, let place, let reason):
      return "\(source): \(place): \(reason)"
    case .inconsistent(let source, let facts):
      return "\(source): " + facts.joined(separator: "; ")
    }
  }
}
