// Forecasts on the page, beside what came.

struct ForecastSection {
  private let record: ForecastRecord

  init(_ record: ForecastRecord) { self.record = record }

  /// How far off a forecast may be.
  private static let bound = 0.25

  func text() -> String {
    var table = MarkdownTable([
      .init("Definition", .left), .init("Steps"), .init("Time foretold"), .init("Time"),
      .init("Off by"), .init("Memory foretold"), .init("Memory"), .init("Off by"),
      .init("Disk foretold"), .init("Disk"), .init("Off by"),
    ])
    for run in record.runs {
      let (foretold, measured) = (run.foretold, run.measured)
      table.add([
        run.definition + run.changes.map { ", `\($0)`" }.joined(), run.steps.grouped,
        "\(foretold.seconds.fixed(1)) s", "\(measured.seconds.fixed(1)) s",
        Self.difference(foretold.seconds, measured.seconds),
        Int(foretold.memoryBytes).memoryText, Int(measured.memoryBytes).memoryText,
        Self.difference(foretold.memoryBytes, measured.memoryBytes),
        Int(foretold.diskBytes).memoryText, Int(measured.diskBytes).memoryText,
        Self.difference(foretold.diskBytes, measured.diskBytes),
      ])
    }
    return """
      ## Forecasts

      What `retort explain` foretold of a definition from a few steps of each stage, and what \
      `retort run` then took, with nothing in its cache. \(outcome)

      \(table.text)
      Time is that of the whole process; disk is the most that checkpoints and the models that the \
      cache keeps took at any time. \(record.threads) threads.

      """
  }

  private var outcome: String {
    let missed = record.runs.filter { run in
      [
        run.foretold.seconds / run.measured.seconds,
        run.foretold.memoryBytes / run.measured.memoryBytes,
        run.foretold.diskBytes / run.measured.diskBytes,
      ].contains { abs($0 - 1) > Self.bound }
    }
    let bound = "\(Int(Self.bound * 100)) %"
    return missed.isEmpty
      ? "All are within \(bound) of it."
      : "Further than \(bound) from it: \(missed.map(\.definition).joined(separator: ", "))."
  }

  private static func difference(_ foretold: Double, _ measured: Double) -> String {
    let percent = ((foretold / measured - 1) * 100).rounded()
    return "\(percent > 0 ? "+" : "")\(Int(percent)) %"
  }
}
