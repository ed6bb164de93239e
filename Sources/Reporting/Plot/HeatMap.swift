// A matrix as coloured fields with their numbers.

/// Panels of the same rows and columns side by side; values from 0 (paper) to 1 (full colour).
struct HeatMap {
  var title: String
  var panels: [Panel]
  var rowTitle: String
  var rows: [String]
  var columnTitle: String
  var columns: [String]

  struct Panel {
    var title: String
    /// [rows][columns]
    var values: [[Double]]
  }

  private static let margin = 16.0
  private static let cell = (width: 46.0, height: 30.0)
  private static let inset = (left: 52.0, top: 30.0, bottom: 56.0)

  func svg() -> String {
    let (margin, cell, inset) = (Self.margin, Self.cell, Self.inset)
    let panelWidth = inset.left + Double(columns.count) * cell.width
    let panelHeight = inset.top + Double(rows.count) * cell.height + inset.bottom
    let width = max(
      420, 2 * margin + Double(panels.count) * panelWidth + Double(panels.count - 1) * 2 * margin)
    var svg = SVGWriter(
      width: width, height: panelHeight + 3 * margin, title: title, style: ChartStyle.sheetOfFields)
    svg.rectangle(
      x: 0.5, y: 0.5, width: width - 1, height: panelHeight + 3 * margin - 1, radius: 6,
      style: "paper")
    svg.text(title, x: margin, y: margin + 12, style: "title")
    for (index, panel) in panels.enumerated() {
      draw(
        panel, x: margin + Double(index) * (panelWidth + 2 * margin), y: 2 * margin + 6, in: &svg)
    }
    return svg.document()
  }

  private func draw(_ panel: Panel, x: Double, y: Double, in svg: inout SVGWriter) {
    let (cell, inset) = (Self.cell, Self.inset)
    let (left, top) = (x + inset.left, y + inset.top)
    svg.text(panel.title, x: left, y: y + 14, style: "panel")
    for (row, name) in rows.enumerated() {
      let middle = top + (Double(row) + 0.5) * cell.height
      svg.text(name, x: left - 8, y: middle + 4, anchor: .end, style: "small")
      for column in columns.indices {
        let value = panel.values[row][column]
        let shade = min(max(value, 0), 1)
        let place = left + Double(column) * cell.width
        svg.element(
          "rect",
          [
            ("class", "f0"), ("fill-opacity", SVGWriter.number(shade)),
            ("x", SVGWriter.number(place)), ("y", SVGWriter.number(middle - cell.height / 2)),
            ("width", SVGWriter.number(cell.width - 2)),
            ("height", SVGWriter.number(cell.height - 2)),
          ])
        svg.text(
          value.fixed(2), x: place + cell.width / 2 - 1, y: middle + 3, anchor: .middle,
          style: shade > 0.55 ? "onfill" : "legend")
      }
    }
    let bottom = top + Double(rows.count) * cell.height
    for (column, name) in columns.enumerated() {
      svg.text(
        name, x: left + (Double(column) + 0.5) * cell.width - 1, y: bottom + 15, anchor: .middle,
        style: "small")
    }
    for (line, text) in ["across: \(columnTitle)", "down: \(rowTitle)"].enumerated() {
      svg.text(text, x: left, y: bottom + 32 + 15 * Double(line), style: "small")
    }
  }
}
