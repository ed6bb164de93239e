// What is wrong with a Parquet file, and where.

public enum ParquetError: Error, Equatable, Sendable, CustomStringConvertible {
  /// Not a Parquet file, or one that was cut.
  case notParquet(path: String, reason: String)
  /// A part of the file contradicts the format or another part.
  case damaged(path: String, reason: String)
  /// - Parameters:
  ///   - row: the first that cannot be read, from 1.
  case damagedColumn(path: String, column: String, row: Int, reason: String)
  /// Something that the format has and this reader does not.
  case unsupported(path: String, column: String, found: String, advice: String)
  /// - Parameter row: from 1.
  case invalidUTF8(path: String, column: String, row: Int)
  /// An integer that the file's own list of class names does not have.
  case noClass(path: String, column: String, row: Int, found: Int, count: Int)

  public var description: String {
    switch self {
    case .notParquet(let path, let reason):
      "\(path): expected a Parquet file, \(reason)"
    case .damaged(let path, let reason): "\(path): the Parquet file is damaged: \(reason)"
    case .damagedColumn(let path, let column, let row, let reason):
      "\(path): row \(row), column '\(column)': the Parquet file is damaged: \(reason)"
    case .unsupported(let path, let column, let found, let advice):
      "\(path): column '\(column)': \(found) cannot be read; \(advice)"
    case .invalidUTF8(let path, let column, let row):
      "\(path): row \(row), column '\(column)': invalid UTF-8; write the column as UTF-8 text"
    case .noClass(let path, let column, let row, let found, let count):
      "\(path): row \(row), column '\(column)': expected a class from 0 to \(count - 1), as the "
        + "file's metadata names \(count), found \(found)"
    }
  }
}

/// What is wrong, before it is known where.
struct ParquetDamage: Error {
  let reason: String
  /// What to do about something that is right and cannot be read; nil for what is wrong.
  let advice: String?

  init(_ reason: String, advice: String? = nil) { (self.reason, self.advice) = (reason, advice) }
}
