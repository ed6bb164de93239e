// What a picture shows: panels with lines, before any pixel.

/// Panels side by side, wrapped into rows, under one legend.
struct Chart {
  var title: String
  var panels: [Panel]
  /// Panels in a row.
  var columns: Int

  struct Panel {
    var title: String
    var xTitle: String
    var series: [Series]
    /// The horizontal axis counts whole things (epochs) and ends with the data.
    var wholeX = false
    var fromZeroX = false
    /// The horizontal axis gives each doubling the same width; its ticks are the data's own values.
    var doublingX = false
    var fromZeroY = false
  }

  struct Series {
    /// Series of one name have one colour in all panels and one entry in the legend.
    var name: String
    var points: [Point]
    /// Published or measured elsewhere: drawn dashed, with hollow marks.
    var isReference = false
    /// A mark at each point; curves of many points have none.
    var marks = false
  }

  struct Point {
    var x: Double
    var y: Double
    /// An interval, drawn as a whisker.
    var low: Double?
    var high: Double?
  }

  /// Names in order of first appearance.
  var names: [(name: String, isReference: Bool)] {
    var seen: Set<String> = []
    return panels.flatMap(\.series).compactMap { series in
      seen.insert(series.name).inserted ? (series.name, series.isReference) : nil
    }
  }
}
