// The kinds of table files.

public enum TableFormat: String, Sendable, CaseIterable {
  /// Comma-separated values, RFC 4180: a field may stand in quotation marks, and then contain commas, line feeds and,
  /// doubled, quotation marks.
  case csv
  /// Tab-separated values; quotation marks mean nothing.
  case tsv
  /// A JSON object a line.
  case jsonl
  /// Columns of single values: texts, numbers, booleans.
  case parquet

  /// By the ending of the file's name; nil for another ending.
  public init?(path: String) {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return nil }
    self.init(rawValue: path[path.index(after: dot)...].lowercased())
  }

  /// Where a row is, for messages.
  /// - Parameter row: the line that it begins in; of Parquet, which has no lines, its number; from 1.
  public func place(_ path: String, _ row: Int) -> String {
    self == .parquet ? "\(path): row \(row)" : "\(path):\(row)"
  }
}
