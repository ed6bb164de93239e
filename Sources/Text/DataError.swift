// What is wrong with a data file, and where.
import RetortFiles
import RetortTables

/// Lines, rows and columns are counted from 1.
public enum DataError: Error, Equatable, CustomStringConvertible {
  case file(FileError)
  case unreadable(path: String, reason: String)
  case empty(path: String, expected: String)
  case wrongHeader(path: String, expected: String, found: String)
  case wrongLabel(path: String, line: Int, expected: [String], found: String)
  case wrongNumber(path: String, line: Int, range: ClosedRange<Float>, found: String)
  case wrongIndex(path: String, line: Int, expected: Int, found: String)
  case blankSentence(path: String, line: Int)
  /// A row of the user's own file.
  /// - Parameter place: of the row.
  case wrongRow(place: String, problem: String)
  /// A field that is no value of its column.
  case wrongField(path: String, line: Int, name: String, expected: String, found: String)
  /// A folder with files of other names than it must have.
  case wrongFileName(folder: String, expected: String, found: String)
  /// A file that is no table.
  case table(TableError)
  /// `byteOffset` counts from the beginning of the file.
  case invalidUTF8(path: String, row: Int, column: Int, byteOffset: Int)
  /// A text of which no sequence is left after chunking and cleaning.
  case nothingKept(paths: [String], rule: String)
  /// Texts of which no sentence is left, or none on one of two sides.
  case noSentences(paths: [String], problem: String, advice: String)
  case cache(path: String, reason: String)
  /// Several mistakes in a file or a folder: the first few, and how many more there are.
  indirect case rows(path: String, first: [DataError], more: Int)

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .unreadable(let path, let reason):
      "\(path): cannot read the data: \(reason)"
    case .empty(let path, let expected):
      "\(path): expected \(expected), found an empty file"
    case .wrongHeader(let path, let expected, let found):
      "\(path):1:1: expected the header '\(DataError.visible(expected))', "
        + "found '\(DataError.visible(found))'; is this the right split of the right task?"
    case .wrongLabel(let path, let line, let expected, let found):
      "\(path):\(line): expected one of the labels \(expected.listed), "
        + "found '\(found)'"
    case .wrongNumber(let path, let line, let range, let found):
      "\(path):\(line): expected a number from \(range.lowerBound.shortest) to "
        + "\(range.upperBound.shortest), found '\(found)'"
    case .wrongIndex(let path, let line, let expected, let found):
      "\(path):\(line): expected the index \(expected), found '\(found)'; "
        + "rows must be numbered from 0 without a gap"
    case .blankSentence(let path, let line): "\(path):\(line): expected a sentence, found none"
    case .wrongRow(let place, let problem): "\(place): \(problem)"
    case .wrongField(let path, let line, let name, let expected, let found):
      "\(path):\(line): expected \(expected) in '\(name)', found '\(found)'"
    case .wrongFileName(let folder, let expected, let found):
      "\(folder): expected files called \(expected), found '\(found)'; move it away"
    case .table(let error): error.description
    case .invalidUTF8(let path, let row, let column, let byteOffset):
      "\(path):\(row):\(column): invalid UTF-8 at byte \(byteOffset) of the file; "
        + "convert the file to UTF-8"
    case .nothingKept(let paths, let rule):
      "\(paths.joined(separator: ", ")): all sequences were removed by the rule '\(rule)'; "
        + "expected one paragraph a line"
    case .noSentences(let paths, let problem, let advice):
      "\(paths.joined(separator: ", ")): \(problem); \(advice)"
    case .cache(let path, let reason):
      "\(path): cannot keep the tokenized text: \(reason)"
    case .rows(let path, let first, let more):
      (first.map(\.description)
        + (more > 0 ? ["\(path): \(more) more mistake\(more == 1 ? "" : "s") like these"] : []))
        .joined(separator: "\n")
    }
  }

  /// With tabs that can be seen.
  static func visible(_ text: String) -> String {
    text.split(separator: "\t", omittingEmptySubsequences: false).joined(separator: "<TAB>")
  }
}

extension Float {
  /// Without the point of a whole number.
  fileprivate var shortest: String { self == rounded() ? String(Int(self)) : "\(self)" }
}
