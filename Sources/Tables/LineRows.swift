// Rows that are lines of text.

/// One column, `text`. A blank line is a row too.
struct LineRows: LineSource {
  static let column = "text"
  let columns = [LineRows.column]
  private(set) var file: RowBytes

  init(_ file: RowBytes) { self.file = file }

  mutating func next(_ chosen: [Int]) throws(TableError) -> TableRecord? {
    guard !file.isAtEnd else { return nil }
    file.release()
    let (line, start) = (file.line, file.place)
    let end = file.endOfLine(from: start)
    file.place = end + 1
    file.line += 1
    let text = try file.text(start..<file.endOfText(from: start, to: end), line: line, from: start)
    return TableRecord(line: line, values: chosen.map { _ in .text(text) })
  }
}
