// From a chart to its picture.

/// Fixed sizes in pixels, so that the same chart is the same text.
struct ChartDrawing {
  private let chart: Chart
  private let names: [(name: String, isReference: Bool)]
  private let width = 860.0
  private let margin = 16.0
  private let rowHeight = 252.0
  private let gap = 18.0
  /// Within a panel, room for titles and tick labels.
  private let inset = (left: 46.0, right: 18.0, top: 30.0, bottom: 40.0)

  private init(_ chart: Chart) {
    self.chart = chart
    names = chart.names
  }

  static func svg(_ chart: Chart) -> String { ChartDrawing(chart).document() }

  private func document() -> String {
    let columns = Double(max(1, chart.columns))
    let rows = (Double(chart.panels.count) / columns).rounded(.up)
    let legend = legendRows()
    let top = margin + 24 + Double(legend.count) * 20 + 6
    let height = top + rows * rowHeight + (rows - 1) * gap + margin / 2
    var svg = SVGWriter(width: width, height: height, title: chart.title, style: ChartStyle.sheet)
    svg.rectangle(
      x: 0.5, y: 0.5, width: width - 1, height: height - 1, radius: 6, style: "paper")
    svg.text(chart.title, x: margin, y: margin + 12, style: "title")
    for (row, entries) in legend.enumerated() {
      for entry in entries {
        drawLegend(entry, y: margin + 36 + Double(row) * 20, in: &svg)
      }
    }
    let panelWidth = (width - 2 * margin - (columns - 1) * gap) / columns
    for (index, panel) in chart.panels.enumerated() {
      let column = Double(index % chart.columns)
      let row = Double(index / chart.columns)
      draw(
        panel, x: margin + column * (panelWidth + gap), y: top + row * (rowHeight + gap),
        width: panelWidth, in: &svg)
    }
    return svg.document()
  }

  private func index(of name: String) -> Int {
    (names.firstIndex { $0.name == name } ?? 0) % ChartStyle.lineCount
  }

  // MARK: Legend

  private struct LegendEntry {
    var name: String
    var isReference: Bool
    var x: Double
  }

  /// Entries in rows no wider than the picture. Text cannot be measured without a font; 6.6
  /// pixels a character is a little more than sans-serif fonts need at this size.
  private func legendRows() -> [[LegendEntry]] {
    guard names.count > 1 else { return [] }
    var rows: [[LegendEntry]] = [[]]
    var x = margin
    for entry in names {
      let needed = 34 + Double(entry.name.count) * 6.6 + 18
      if x + needed > width - margin, !rows[rows.count - 1].isEmpty {
        rows.append([])
        x = margin
      }
      rows[rows.count - 1].append(
        LegendEntry(name: entry.name, isReference: entry.isReference, x: x))
      x += needed
    }
    return rows
  }

  private func drawLegend(_ entry: LegendEntry, y: Double, in svg: inout SVGWriter) {
    let index = index(of: entry.name)
    let dash = entry.isReference ? " dashed" : ""
    svg.line(
      x1: entry.x, y1: y - 4, x2: entry.x + 26, y2: y - 4, style: "line s\(index)\(dash)")
    if chart.panels.contains(where: { $0.series.contains { $0.name == entry.name && $0.marks } }) {
      drawMark(index, x: entry.x + 13, y: y - 4, hollow: entry.isReference, in: &svg)
    }
    svg.text(entry.name, x: entry.x + 34, y: y, style: "legend")
  }

  // MARK: Panels

  private func draw(
    _ panel: Chart.Panel, x: Double, y: Double, width: Double, in svg: inout SVGWriter
  ) {
    let left = x + inset.left
    let right = x + width - inset.right
    let top = y + inset.top
    let bottom = y + rowHeight - inset.bottom
    let points = panel.series.flatMap(\.points)
    let across =
      panel.doublingX
      ? AxisScale(doublingThrough: points.map(\.x))
      : AxisScale(
        values: points.map(\.x), ticks: width > 500 ? 8 : 4, fromZero: panel.fromZeroX,
        whole: panel.wholeX)
    let up = AxisScale(
      values: points.flatMap { [$0.y, $0.low ?? $0.y, $0.high ?? $0.y] },
      fromZero: panel.fromZeroY)
    // These axes end with the data: keep marks off the frame.
    let padding = panel.wholeX || panel.doublingX ? 22.0 : 0
    func px(_ value: Double) -> Double {
      across.position(value, from: left + padding, to: right - padding)
    }
    func py(_ value: Double) -> Double { up.position(value, from: bottom, to: top) }

    svg.text(panel.title, x: x, y: y + 14, style: "panel")
    for tick in up.ticks {
      svg.line(
        x1: left, y1: py(tick.value), x2: right, y2: py(tick.value), style: "grid")
      svg.text(tick.text, x: left - 6, y: py(tick.value) + 4, anchor: .end, style: "small")
    }
    svg.line(x1: left, y1: bottom, x2: right, y2: bottom, style: "axis")
    for tick in across.ticks {
      svg.line(
        x1: px(tick.value), y1: bottom, x2: px(tick.value), y2: bottom + 4, style: "axis")
      svg.text(
        tick.text, x: px(tick.value), y: bottom + 17, anchor: .middle, style: "small")
    }
    svg.text(
      panel.xTitle, x: (left + right) / 2, y: bottom + 33, anchor: .middle, style: "small")

    let hasIntervals = points.contains { $0.low != nil }
    // References come last and lie on top: dashed and hollow, they let ours through, so that curves
    // that agree can both be seen.
    for (order, series) in panel.series.enumerated() {
      let index = index(of: series.name)
      // Whiskers of several series at one place would hide each other.
      let shift = hasIntervals ? (Double(order) - Double(panel.series.count - 1) / 2) * 6 : 0
      let places = series.points.filter { $0.y.isFinite }
        .map { (x: px($0.x) + shift, y: py($0.y), point: $0) }
      for place in places {
        guard let low = place.point.low, let high = place.point.high else { continue }
        svg.line(
          x1: place.x, y1: py(low), x2: place.x, y2: py(high), style: "whisker s\(index)")
      }
      svg.polyline(
        places.map { ($0.x, $0.y) },
        style: "line s\(index)" + (series.isReference ? " dashed" : ""))
      if series.marks {
        for place in places {
          drawMark(index, x: place.x, y: place.y, hollow: series.isReference, in: &svg)
        }
      }
    }
  }

  /// A circle, square or diamond, by the series' number; hollow ones are larger.
  private func drawMark(
    _ index: Int, x: Double, y: Double, hollow: Bool, in svg: inout SVGWriter
  ) {
    let style = ("class", "mark s\(index) " + (hollow ? "hollow" : "f\(index)"))
    let n = SVGWriter.number
    let r = hollow ? 4.8 : 3.4
    switch index % 3 {
    case 0: svg.element("circle", [style, ("cx", n(x)), ("cy", n(y)), ("r", n(r))])
    case 1:
      let side = r * 1.84
      svg.element(
        "rect",
        [
          style, ("x", n(x - side / 2)), ("y", n(y - side / 2)), ("width", n(side)),
          ("height", n(side)),
        ])
    default:
      let d = r * 1.3
      let corners = [(x, y - d), (x + d, y), (x, y + d), (x - d, y)]
      let path = corners.map { "\(n($0.0)) \(n($0.1))" }.joined(separator: "L")
      svg.element("path", [style, ("d", "M\(path)Z")])
    }
  }
}
