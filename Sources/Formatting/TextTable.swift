// A table in plain text: columns aligned, two spaces between them; where there is not room, several tables or blocks.

public struct TextTable: Sendable {
  private let header: [String]
  private let rows: [[String]]
  private let rightAligned: Set<Int>

  /// - Parameters:
  ///   - header: a heading for each column.
  ///   - rows: a cell for each column.
  ///   - rightAligned: columns of numbers, counted from 0.
  public init(header: [String], rows: [[String]], rightAligned: Set<Int> = []) {
    precondition(
      rows.allSatisfy { $0.count == header.count }, "a row has as many cells as there are headings")
    self.header = header
    self.rows = rows
    self.rightAligned = rightAligned
  }

  /// One line a row, the headings first; without a line feed at the end.
  /// - Parameter width: columns of the terminal, nil for any. A wider table of a few rows is written as a block for each, its
  ///   first cell (or cells, to tell it from the others) above the rest with their headings; one of many rows as several
  ///   tables, each with these first columns and as many of the others as there is room for.
  public func text(width: Int? = nil) -> String { text(ruled: false, width: width) }

  /// With at least three dashes below each heading; every line ends in a line feed.
  public func ruledText(width: Int? = nil) -> String { text(ruled: true, width: width) + "\n" }

  private func text(ruled: Bool, width: Int?) -> String {
    let lines = lines(ruled: ruled)
    guard let width, header.count > 1, !rows.isEmpty, lines.contains(where: { $0.count > width })
    else { return lines.joined(separator: "\n") }
    // As many cells as it takes to tell the rows apart.
    let titles =
      (1...min(2, header.count - 1)).first { count in
        Set(rows.map { $0.prefix(count) }).count == rows.count
      } ?? 1
    if rows.count > Self.few, let groups = columnGroups(titles: titles, width: width, ruled: ruled)
    {
      return groups.map { $0.lines(ruled: ruled).joined(separator: "\n") }.joined(separator: "\n\n")
    }
    return rows.map { block(of: $0, titles: titles) }.joined(separator: "\n\n").wrapped(to: width)
  }

  /// Rows that are still seen together as blocks.
  private static let few = 6

  /// The table in parts, each beginning with the first `titles` columns; nil where one of the others has no room beside
  /// them.
  private func columnGroups(titles: Int, width: Int, ruled: Bool) -> [TextTable]? {
    var groups: [[Int]] = []
    for column in header.indices.dropFirst(titles) {
      if let last = groups.last, part(last + [column]).fits(width, ruled: ruled) {
        groups[groups.count - 1].append(column)
      } else {
        groups.append(Array(0..<titles) + [column])
      }
    }
    let parts = groups.map(part)
    return parts.allSatisfy { $0.fits(width, ruled: ruled) } ? parts : nil
  }

  private func part(_ columns: [Int]) -> TextTable {
    TextTable(
      header: columns.map { header[$0] }, rows: rows.map { row in columns.map { row[$0] } },
      rightAligned: Set(columns.indices.filter { rightAligned.contains(columns[$0]) }))
  }

  private func fits(_ width: Int, ruled: Bool) -> Bool {
    lines(ruled: ruled).allSatisfy { $0.count <= width }
  }

  /// The row's cells one below the other.
  /// - Parameter titles: how many of them stand above the others.
  private func block(of row: [String], titles: Int) -> String {
    let room = header.dropFirst(titles).map(\.count).max() ?? 0
    let title = zip(header, row).prefix(titles).map { heading, cell in
      [heading, cell].filter { !$0.isEmpty }.joined(separator: ": ")
    }.joined(separator: ", ")
    return
      ([title]
      + zip(header, row).dropFirst(titles).filter { !$0.1.isEmpty }
      .map { "  \($0.0.padded(to: room))  \($0.1)" }).joined(separator: "\n")
  }

  private func lines(ruled: Bool) -> [String] {
    let widths = header.indices.map { column in
      max(ruled ? 3 : 0, ([header] + rows).map { $0[column].count }.max() ?? 0)
    }
    let rule = widths.map { String(repeating: "-", count: $0) }
    return ([header] + (ruled ? [rule] : []) + rows).map { row in
      let cells = row.enumerated().map { column, cell in
        rightAligned.contains(column)
          ? cell.leftPadded(to: widths[column]) : cell.padded(to: widths[column])
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

extension String {
  /// Filled up with spaces on the right.
  public func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  /// Filled up with spaces on the left.
  public func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
