// A Markdown table whose source is as readable as its rendering.
import RetortFormatting
import RetortStrictJSON

struct MarkdownTable {
  enum Alignment {
    case left, right
  }

  struct Column {
    var title: String
    var alignment: Alignment

    init(_ title: String, _ alignment: Alignment = .right) {
      self.title = title
      self.alignment = alignment
    }
  }

  private let columns: [Column]
  private let titles: [String]
  private var rows: [[String]] = []

  init(_ columns: [Column]) {
    self.columns = columns
    titles = columns.map { Self.cell($0.title) }
  }

  /// - row: one cell per column.
  mutating func add(_ row: [String]) {
    precondition(row.count == columns.count, "\(row.count) cells for \(columns.count) columns")
    rows.append(row.map(Self.cell))
  }

  /// The table's lines, columns padded to their widest cell.
  var text: String {
    let widths = widths
    let rule = zip(columns, widths).map { column, width in
      let dashes = String(repeating: "-", count: width - 1)
      return column.alignment == .left ? dashes + "-" : dashes + ":"
    }
    return ([padded(titles, to: widths), rule] + rows.map { padded($0, to: widths) })
      .map { "| " + $0.joined(separator: " | ") + " |\n" }.joined()
  }

  /// The same for a terminal: no bars, two spaces between columns.
  /// - Parameter width: of the terminal; nil for any.
  func plainText(width: Int?) -> String {
    TextTable(
      header: titles, rows: rows,
      rightAligned: Set(columns.indices.filter { columns[$0].alignment == .right })
    ).ruledText(width: width)
  }

  private var widths: [Int] {
    columns.indices.map { column in
      max(3, ([titles[column]] + rows.map { $0[column] }).map(\.count).max() ?? 0)
    }
  }

  private func padded(_ cells: [String], to widths: [Int]) -> [String] {
    columns.indices.map { column in
      let space = String(repeating: " ", count: widths[column] - cells[column].count)
      return columns[column].alignment == .left ? cells[column] + space : space + cells[column]
    }
  }

  /// Cells are one line, and a bar in them is no border.
  private static func cell(_ text: String) -> String {
    let parts = text.onOneLine.unicodeScalars.split(
      separator: "|", omittingEmptySubsequences: false)
    return parts.map { String($0) }.joined(separator: "\\|").markdownProse
  }
}
