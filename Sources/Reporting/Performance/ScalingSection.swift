// The scaling law on the page: a picture, a table, and how far off the arithmetic is.
import RetortRecords

struct ScalingSection {
  static let file = "performance-scaling.svg"

  private let record: ScalingRecord

  init(_ record: ScalingRecord) { self.record = record }

  func picture() -> String {
    let panels = record.sweeps.map { sweep in
      Chart.Panel(
        title: "by \(Self.name(sweep.over)) (\(sweep.fixed))", xTitle: Self.name(sweep.over),
        series: [
          Chart.Series(
            name: "measured, µs a token",
            points: sweep.points.map { point in
              let range = MedianRange(point.seconds)
              func perToken(_ seconds: Double?) -> Double? {
                seconds.map { $0 / Double(point.tokens) * 1e6 }
              }
              return Chart.Point(
                x: Double(point.x), y: perToken(range?.median) ?? .nan,
                low: perToken(range?.minimum), high: perToken(range?.maximum))
            }, marks: true),
          Chart.Series(
            name: "predicted by arithmetic",
            points: sweep.points.map { point in
              Chart.Point(
                x: Double(point.x), y: point.predictedSeconds / Double(point.tokens) * 1e6)
            }, isReference: true, marks: true),
        ],
        doublingX: true, fromZeroY: true)
    }
    return ChartDrawing.svg(
      Chart(title: "Time per token of a training step", panels: panels, columns: 2))
  }

  func text() -> String {
    var out = """
      ## Scaling law

      A fine-tuning step of \(record.model) on sentences of one length: seconds per token against \
      sequence length, batch size and threads. The prediction knows only the model's sizes and two \
      rates measured in the same run: every product a step must do at the rate of large matrices, \
      then every weight, gradient and moment once through memory.

      [![Time per token](\(Self.file))](\(Self.file))


      """
    for sweep in record.sweeps {
      var table = MarkdownTable([
        .init(Self.name(sweep.over).firstUppercased), .init("Tokens a step"),
        .init("GFLOP a step"), .init("Step"), .init("µs a token, median (min-max)"),
        .init("Predicted"), .init("Measured over predicted"),
      ])
      for point in sweep.points {
        guard let seconds = MedianRange(point.seconds) else { continue }
        let perToken = MedianRange(point.seconds.map { $0 / Double(point.tokens) * 1e6 })
        table.add([
          point.x.grouped, point.tokens.grouped, (point.flops / 1e9).fixed(1),
          seconds.median.millisecondText, perToken?.text(digits: 1) ?? "-",
          (point.predictedSeconds / Double(point.tokens) * 1e6).fixed(1),
          (seconds.median / point.predictedSeconds).fixed(2),
        ])
      }
      out += "By \(Self.name(sweep.over)), \(sweep.fixed):\n\n\(table.text)\n"
    }
    return out
  }

  private static func name(_ quantity: ScalingRecord.Quantity) -> String {
    switch quantity {
    case .length: "sequence length"
    case .batch: "batch size"
    case .threads: "threads"
    }
  }
}

extension String {
  fileprivate var firstUppercased: String { prefix(1).uppercased() + dropFirst() }
}
