// Rows whose fields are separated by a character: CSV and TSV.

struct DelimitedRows: LineSource {
  private(set) var columns: [String] = []
  private(set) var file: RowBytes
  private let separator: UInt8
  private let quotes: Bool
  private var fields: [Field] = []

  /// Where a field's text is, without its quotation marks.
  private struct Field {
    var range: Range<Int>
    /// Whether quotation marks in it are doubled.
    var hasQuotes = false
    /// Where its line begins, and that line's number.
    var lineStart: Int
    var line: Int
  }

  init(_ file: RowBytes, separator: Character, hasHeader: Bool) throws(TableError) {
    self.file = file
    self.separator = separator.asciiValue ?? UInt8(ascii: ",")
    quotes = separator == ","
    let start = self.file
    guard let first = try readRow() else {
      throw .empty(path: file.path, expected: hasHeader ? "a header and rows" : "rows")
    }
    guard hasHeader else {
      columns = fields.indices.map { "\($0 + 1)" }
      self.file = start
      return
    }
    var names: Set<String> = []
    for index in fields.indices {
      let name = try text(of: fields[index])
      guard names.insert(name).inserted else {
        throw .repeatedColumn(path: file.path, line: first, name: name)
      }
      columns.append(name)
    }
  }

  mutating func next(_ chosen: [Int]) throws(TableError) -> TableRecord? {
    guard let line = try readRow() else { return nil }
    guard fields.count == columns.count else {
      throw .fieldCount(
        path: file.path, line: line, expected: columns.count, found: fields.count,
        advice: advice)
    }
    var values: [TableValue] = []
    values.reserveCapacity(chosen.count)
    for place in chosen { values.append(.text(try text(of: fields[place]))) }
    return TableRecord(line: line, values: values)
  }

  /// What is to be said of a header of one column that looks like several.
  static func otherSeparator(_ columns: [String]) -> String? {
    guard columns.count == 1, let name = columns.first else { return nil }
    for other in [";", "\t", "|", ","] where name.contains(other) {
      let times = name.split(separator: other, omittingEmptySubsequences: false).count - 1
      let shown = other == "\t" ? "a tab" : "'\(other)'"
      return
        "the header has \(shown) \(times) time\(times == 1 ? "" : "s"): is that the separator? "
        + "Write the file with commas, or with tabs as .tsv"
    }
    return nil
  }

  /// What may be wrong with the number of fields.
  private var advice: String {
    if let other = Self.otherSeparator(columns) { return other }
    return quotes
      ? "a field with a comma must stand in quotation marks"
      : "a field cannot contain a tab or a line feed"
  }

  /// Finds the fields of the next row that is not blank.
  /// - Returns: the number of the line that it begins in; nil behind the last row.
  private mutating func readRow() throws(TableError) -> Int? {
    while !file.isAtEnd {
      file.release()
      let (line, start) = (file.line, file.place)
      fields.removeAll(keepingCapacity: true)
      if quotes { try readQuotedFields() } else { readPlainFields() }
      let isBlank = fields.count == 1 && fields[0].range.isEmpty && file.place - start <= 2
      if !isBlank { return line }
    }
    return nil
  }

  private mutating func readPlainFields() {
    let start = file.place
    let end = file.endOfLine(from: start)
    let textEnd = file.endOfText(from: start, to: end)
    var first = start
    for index in start..<textEnd where file[index] == separator {
      fields.append(Field(range: first..<index, lineStart: start, line: file.line))
      first = index + 1
    }
    fields.append(Field(range: first..<textEnd, lineStart: start, line: file.line))
    file.place = end + 1
    file.line += 1
  }

  private mutating func readQuotedFields() throws(TableError) {
    var lineStart = file.place
    while true {
      let first = file.place
      if first < file.count, file[first] == UInt8(ascii: "\"") {
        fields.append(try readQuoted(&lineStart))
      } else {
        var index = first
        while index < file.count, file[index] != separator, file[index] != UInt8(ascii: "\n") {
          index += 1
        }
        let isLast = index >= file.count || file[index] == UInt8(ascii: "\n")
        let end = isLast ? file.endOfText(from: first, to: index) : index
        fields.append(Field(range: first..<end, lineStart: lineStart, line: file.line))
        file.place = index
      }
      let isSeparated = file.place < file.count && file[file.place] == separator
      file.place += 1
      guard isSeparated else { break }
    }
    file.line += 1
  }

  /// Reads a field in quotation marks; ends at the separator, the line feed or the end behind it.
  /// - Parameter lineStart: of the line that is being read; a field may end in a later one.
  private mutating func readQuoted(_ lineStart: inout Int) throws(TableError) -> Field {
    let quote = UInt8(ascii: "\"")
    let (opening, openingLine, openingStart) = (file.place, file.line, lineStart)
    var field = Field(range: opening..<opening, lineStart: lineStart, line: file.line)
    var index = opening + 1
    while index < file.count {
      if file[index] == UInt8(ascii: "\n") {
        file.line += 1
        lineStart = index + 1
      } else if file[index] == quote {
        guard index + 1 < file.count, file[index + 1] == quote else { break }
        field.hasQuotes = true
        index += 1
      }
      index += 1
    }
    guard index < file.count else {
      throw .quotation(
        path: file.path, line: openingLine,
        column: file.column(of: opening, from: openingStart),
        found: "this quotation mark is never closed; a quotation mark inside a field is doubled")
    }
    field.range = (opening + 1)..<index
    var end = index + 1
    if end < file.count, file[end] == UInt8(ascii: "\r"),
      end + 1 == file.count || file[end + 1] == UInt8(ascii: "\n")
    {
      end += 1
    }
    guard end == file.count || file[end] == separator || file[end] == UInt8(ascii: "\n") else {
      throw .quotation(
        path: file.path, line: file.line, column: file.column(of: end, from: lineStart),
        found: "expected a comma or the end of the row behind a quoted field; a quotation mark "
          + "inside a field is doubled")
    }
    file.place = end
    return field
  }

  private mutating func text(of field: Field) throws(TableError) -> String {
    let text = try file.text(field.range, line: field.line, from: field.lineStart)
    return field.hasQuotes ? Quotation.single(text) : text
  }
}
