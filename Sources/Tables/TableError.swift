// What is wrong with a table file, and where.
import RetortFiles
import RetortParquet

/// Lines and columns are counted from 1; columns in characters of Unicode (scalars), as editors do.
public indirect enum TableError: Error, Equatable, Sendable, CustomStringConvertible {
  case file(FileError)
  /// Without a header, or without a row.
  case empty(path: String, expected: String)
  /// Lines that end in carriage returns alone, as those of old Macs.
  case carriageReturns(path: String)
  /// A file whose first bytes are those of another kind of file.
  case notText(path: String, found: String, advice: String)
  case repeatedColumn(path: String, line: Int, name: String)
  case noColumn(path: String, name: String, advice: String)
  /// A first row that looks like an example, in which none of the columns is named.
  case noHeader(path: String, columns: [String], found: String, separator: String)
  /// A row with another number of fields than the header.
  case fieldCount(path: String, line: Int, expected: Int, found: Int, advice: String)
  /// A quotation mark that is never closed, or text behind a closed one.
  case quotation(path: String, line: Int, column: Int, found: String)
  /// - Parameter byteOffset: from the beginning of the file.
  case invalidUTF8(path: String, line: Int, column: Int, byteOffset: Int)
  /// A line that is not a JSON object.
  case notJSON(path: String, line: Int, column: Int, reason: String)
  /// A value that is neither text, nor a number, nor true or false.
  case notScalar(place: String, name: String, found: String)
  /// A key that other lines have.
  case noValue(place: String, name: String)
  case parquet(ParquetError)
  /// A line each.
  case several([TableError])

  public var description: String {
    switch self {
    case .file(let error): error.description
    case .empty(let path, let expected): "\(path): expected \(expected), found none"
    case .carriageReturns(let path):
      "\(path):1: expected lines that end in a line feed, found carriage returns alone; convert the ends of its lines"
    case .notText(let path, let found, let advice):
      "\(path): expected text in UTF-8, found \(found); \(advice)"
    case .repeatedColumn(let path, let line, let name):
      "\(path):\(line): two columns are called '\(name)'; rename one"
    case .noColumn(let path, let name, let advice): "\(path): no column '\(name)'; \(advice)"
    case .noHeader(let path, let columns, let found, let separator):
      "\(path):1: expected the names of the columns, found '\(found)', which looks like data; write a first line "
        + "'\(columns.joined(separator: separator))', with a name for every column"
    case .fieldCount(let path, let line, let expected, let found, let advice):
      "\(path):\(line): expected \(expected) fields as in the header, found \(found); \(advice)"
    case .quotation(let path, let line, let column, let found):
      "\(path):\(line):\(column): \(found)"
    case .invalidUTF8(let path, let line, let column, let byteOffset):
      "\(path):\(line):\(column): invalid UTF-8 at byte \(byteOffset) of the file; "
        + "convert the file to UTF-8"
    case .notJSON(let path, let line, let column, let reason):
      "\(path):\(line):\(column): expected a JSON object: \(reason)"
    case .notScalar(let place, let name, let found):
      "\(place): expected text or a number for '\(name)', found \(found)"
    case .noValue(let place, let name): "\(place): no value for '\(name)'"
    case .parquet(let error): "\(error)"
    case .several(let errors): errors.map(\.description).joined(separator: "\n")
    }
  }
}
