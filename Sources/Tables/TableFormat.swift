// The kinds of table files.

public enum TableFormat: String, Sendable, CaseIterable {
  /// Comma-separated values, RFC 4180: a field may stand in quotation marks, and then contain commas, line feeds and,
  /// doubled, quotation marks.
  case csv
  /// Tab-separated values; quotation marks mean nothing.
  case tsv
  /// A JSON object a line.
  case jsonl

  /// By the ending of the file's name; nil for another ending.
  public init?(path: String) {
    guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return nil }
    self.init(rawValue: path[path.index(after: dot)...].lowercased())
  }
}
