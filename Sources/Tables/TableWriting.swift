// Rows as the lines of a table file.
import RetortStrictJSON

/// Makes the text of a table, line by line.
public struct TableWriting: Sendable {
  public let format: TableFormat
  public let columns: [String]

  /// - Parameter format: any but Parquet, which is only read.
  public init(format: TableFormat, columns: [String]) {
    precondition(format != .parquet, "Parquet is only read")
    (self.format, self.columns) = (format, columns)
  }

  /// The first line, with the names; nil for JSON lines, where every line has them.
  public func header() throws(TableValueError) -> String? {
    format == .jsonl ? nil : try delimited(columns.map { .text($0) })
  }

  /// A row's line, with its line feed.
  /// - Parameters:
  ///   - values: one for each column.
  ///   - further: keys with values that only this row has.
  public func row(
    _ values: [TableValue], further: [JSONTree.Member] = []
  ) throws(TableValueError) -> String {
    precondition(values.count == columns.count, "\(values.count) values, \(columns.count) columns")
    guard format == .jsonl else {
      guard further.isEmpty else { throw .furtherKey(further[0].key) }
      return try delimited(values)
    }
    let members = zip(columns, values).compactMap { name, value in
      value.json.map { JSONTree.Member(key: name, value: $0) }
    }
    return JSONTree.object(members + further).line + "\n"
  }

  private func delimited(_ values: [TableValue]) throws(TableValueError) -> String {
    var line = ""
    for (place, value) in values.enumerated() {
      if place > 0 { line += format == .csv ? "," : "\t" }
      line += try field(value, columns[place])
    }
    // A row of one empty field would be a blank line.
    if line.isEmpty, format == .csv { line = "\"\"" }
    return line + "\n"
  }

  private func field(_ value: TableValue, _ column: String) throws(TableValueError) -> String {
    var text = value.text ?? ""
    if case .nested(let tree) = value { text = tree.line }
    guard format == .csv else {
      guard !text.utf8.contains(where: { [0x09, 0x0A, 0x0D].contains($0) }) else {
        throw .notForTSV(column: column)
      }
      return text
    }
    let needsQuotes = text.utf8.contains { [0x22, 0x2C, 0x0A, 0x0D].contains($0) }
    return needsQuotes ? "\"\(Quotation.doubled(text))\"" : text
  }
}

/// What a format cannot hold.
public enum TableValueError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A tab or the end of a line in a TSV field.
  case notForTSV(column: String)
  /// A key of a JSON line that the first line does not have.
  case furtherKey(String)

  public var description: String {
    switch self {
    case .notForTSV(let column):
      "a field of TSV cannot contain a tab or a line feed, and '\(column)' does; write csv or jsonl"
    case .furtherKey(let key):
      "the first line has no key '\(key)', so there is no column for it; write jsonl"
    }
  }
}
