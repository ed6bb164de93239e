// A table in plain text: columns aligned, two spaces between them.

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
  public var text: String { lines(ruled: false).joined(separator: "\n") }

  /// With at least three dashes below each heading; every line ends in a line feed.
  public var ruledText: String { lines(ruled: true).map { $0 + "\n" }.joined() }

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
