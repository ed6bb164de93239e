// Axes with round ticks, and pictures that are well-formed and free of dates and fonts.

import Foundation
import RetortRecords
import RetortTestSupport
import Testing

@testable import RetortReporting

#if canImport(FoundationXML)
  import FoundationXML
#endif

@Suite("Plots")
struct PlotTests {
  @Test(
    "ticks are round and enclose the values",
    arguments: [
      ([0.0787, 0.1711], ["0.06", "0.08", "0.10", "0.12", "0.14", "0.16", "0.18"]),
      ([0.1, 0.3], ["0.10", "0.15", "0.20", "0.25", "0.30"]),
      ([0, 12_500], ["0", "5,000", "10,000", "15,000"]),
      ([-2.5, 3.5], ["-4", "-2", "0", "2", "4"]),
      ([7], ["6.0", "6.5", "7.0", "7.5", "8.0"]),
      ([], ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
      ([.nan, 1, .infinity, 2], ["1.0", "1.2", "1.4", "1.6", "1.8", "2.0"]),
    ] as [([Double], [String])])
  func ticks(values: [Double], texts: [String]) {
    let scale = AxisScale(values: values)
    #expect(scale.ticks.map(\.text) == texts)
    #expect(values.filter(\.isFinite).allSatisfy { scale.low <= $0 && $0 <= scale.high })
  }

  @Test("an axis of epochs has whole ticks and ends with the data")
  func whole() {
    let scale = AxisScale(values: [1, 2, 3], ticks: 4, whole: true)
    #expect(scale.ticks.map(\.text) == ["1", "2", "3"])
    #expect((scale.low, scale.high) == (1, 3))
    #expect(
      AxisScale(values: [1, 60], ticks: 4, whole: true).ticks.map(\.text) == ["20", "40", "60"])
    #expect(scale.position(2, from: 10, to: 30) == 20)
  }

  @Test("an axis of doublings has a tick at every value, evenly spaced")
  func doublings() {
    let scale = AxisScale(doublingThrough: [8, 32, 16, .nan, 16])
    #expect(scale.ticks.map(\.text) == ["8", "16", "32"])
    #expect([8, 16, 32].map { scale.position($0, from: 10, to: 30) } == [10, 20, 30])
    let single = AxisScale(doublingThrough: [3])
    #expect(single.position(3, from: 10, to: 30) == 10)
  }

  @Test("every picture is well-formed XML, without fonts, dates or scripts, and never not-a-number")
  func wellFormed() throws {
    var record = RunRecord.synthetic()
    record.stages[0].curve.points[3].total = .nan
    record.stages[0].curve.points[4].terms["cosine"] = .infinity
    record.stages[1].id = "sst2<&\">"
    let runs = ExperimentRuns(name: "test", records: [record], references: [])
    let plots = ExperimentPlots(runs)
    let all = plots.losses() + [try #require(plots.epochs(stage: "sst2<&\">"))]
    #expect(all.count == 3)
    for plot in all {
      #expect(XMLParser(data: Data(plot.svg.utf8)).parse(), "\(plot.file)")
      for forbidden in ["nan", "inf,", "script", "@font-face", "href", "20:"] {
        #expect(!plot.svg.contains(forbidden), "\(forbidden)")
      }
    }
  }

  @Test("a curve's points lie where the axes say")
  func places() {
    let chart = Chart(
      title: "t",
      panels: [
        .init(
          title: "p", xTitle: "x",
          series: [.init(name: "a", points: [.init(x: 0, y: 0), .init(x: 10, y: 1)])])
      ], columns: 1)
    // Left edge 16 + 46, right edge 860 - 16 - 18; top 46 + 30, bottom 46 + 252 - 40.
    #expect(ChartDrawing.svg(chart).contains("points=\"62,258 826,76\""))
  }

  @Test("table cells are padded, bars escaped")
  func table() {
    var table = MarkdownTable([.init("Name", .left), .init("n")])
    table.add(["a|b", "1"])
    table.add(["p < 1 <name>", "1,000"])
    #expect(
      table.text == """
        | Name            |     n |
        | --------------- | ----: |
        | a\\|b            |     1 |
        | p < 1 &lt;name> | 1,000 |

        """)
  }
}
