// Results/performance.md: this program's speed and memory beside that of its peers.
import RetortRecords

struct PerformancePage {
  static let title = "Speed and memory beside the peers"
  static let file = "performance.md"

  private let records: PerformanceRecords

  init(_ records: PerformanceRecords) { self.records = records }

  /// The page and its picture, by file name.
  var files: [String: String] {
    var files = [Self.file: text()]
    if let scaling = records.scaling {
      files[ScalingSection.file] = ScalingSection(scaling).picture()
    }
    return files
  }

  private func text() -> String {
    var sections = [Self.introduction]
    if let comparison = records.comparison {
      sections.append(outcome(of: comparison) + "\n" + table(of: comparison))
      sections.append(conditions(of: comparison))
      if let profile = comparison.profile { sections.append(profile.text()) }
    }
    if let losses = records.losses {
      sections.append(
        Self.lossIntroduction + outcome(of: losses) + "\n" + table(of: losses)
          + "\n" + machine(losses.machine, threads: losses.threads, versions: losses.versions))
    }
    if let scaling = records.scaling {
      sections.append(
        ScalingSection(scaling).text()
          + machine(scaling.machine, threads: nil, versions: scaling.versions))
    }
    if let forecast = records.forecast {
      sections.append(
        ForecastSection(forecast).text()
          + machine(forecast.machine, threads: nil, versions: forecast.versions))
    }
    return (sections + [again()]).joined(separator: "\n")
  }

  private static let introduction = """
    \(PageMarkup.origin("records/performance/"))

    # \(title)

    What Hugging Face's programs, PyTorch tuned by an expert, ONNX Runtime and `tokenizers` take for a
    job on this machine, and what this program takes for the same one: the same weights, the same
    sentences, the same number of threads, in turns, process by process. In every round both sides had
    to agree on what they computed. Weights are random at published sizes: speed does not depend on
    them.

    """

  private static let lossIntroduction = """
    ## Losses

    Terms on hidden states and on the relations of attention: the step with them beside the same loss in PyTorch, as
    one would write it there, and what they add to a step of this program (1.05 is 5 % more than without the term).
    [methods.md](methods.md) has the cost of every term.


    """

  // MARK: The comparison

  private func outcome(of record: PerformanceRecord) -> String {
    let aimed = record.rows.filter { $0.atLeast != nil || $0.atMost != nil }
    let missed = aimed.filter { $0.outcome == .missed }
    let met = aimed.count { [.met, .hoped].contains($0.outcome) }
    var out = "Of \(aimed.count) targets \(met) \(met == 1 ? "is" : "are") met"
    if !missed.isEmpty {
      out += "; missed: \(missed.map { "`\($0.id)`" }.joined(separator: ", "))"
    }
    let waiting = aimed.count - met - missed.count
    if waiting > 0 { out += "; \(waiting) not measured" }
    return out + ".\n"
  }

  private func table(of record: PerformanceRecord) -> String {
    var table = MarkdownTable([
      .init("Row", .left), .init("Job", .left), .init("Against", .left), .init("Wanted"),
      .init("Hoped"), .init("Measured, median (min-max)"), .init("", .left), .init("Peer"),
      .init("Retort"), .init("Agreement", .left),
    ])
    for row in record.rows {
      let measured = MedianRange(row.values).map { range in
        Self.text(range, of: row)
      }
      let wanted =
        row.atLeast.map { "≥ \(Self.value($0, of: row))" }
        ?? row.atMost.map { "≤ \(Self.value($0, of: row))" } ?? "-"
      table.add([
        row.id, row.job, row.against, wanted, row.hoped.map { Self.value($0, of: row) } ?? "-",
        measured ?? "-", Self.mark(row, of: record.alternations),
        Self.figure(row.pairs.compactMap(\.peer), unit: row.unit),
        Self.figure(row.pairs.map(\.retort), unit: row.unit), row.checked ?? "-",
      ])
    }
    return """
      \(table.text)
      Speeds are so many times the peer's, memory is a share of the peer's, of \
      \(record.alternations) rounds in which the sides took turns; each round gives one value. \
      Absolute figures are medians: seconds per 1,000 identical sentences (sequences, in \
      distillation), or what their unit says. Agreement is what the last round found.

      """
  }

  private static func text(_ range: MedianRange, of row: PerformanceRecord.Row) -> String {
    guard range.count > 1 else { return value(range.median, of: row) }
    let ends = [range.minimum, range.maximum].map { value($0, of: row) }
    return "\(value(range.median, of: row)) (\(ends[0])-\(ends[1]))"
  }

  /// A ratio, or the figure itself where there is no peer.
  private static func value(_ value: Double, of row: PerformanceRecord.Row) -> String {
    switch (row.value, row.unit) {
    case (.own, .none): value.fixed(2)
    case (.own, _): text(value, unit: row.unit)
    default: "\(value.fixed(2))x"
    }
  }

  private static func mark(_ row: PerformanceRecord.Row, of rounds: Int) -> String {
    if let reason = row.notRun {
      return row.pairs.isEmpty
        ? "not run: \(reason)" : "\(row.pairs.count) of \(rounds) rounds: \(reason)"
    }
    return switch row.outcome {
    case .hoped: "met, as hoped"
    case .met: "met"
    case .missed: "**missed**"
    case .free: ""
    case .notRun: "not run"
    }
  }

  private static func figure(_ figures: [Double], unit: PerformanceRecord.Unit) -> String {
    MedianRange(figures).map { text($0.median, unit: unit) } ?? "-"
  }

  private static func text(_ value: Double, unit: PerformanceRecord.Unit) -> String {
    switch unit {
    case .bytes: Int(value).memoryText
    case .seconds: value.millisecondText
    case .secondsPerThousandSentences: value < 1 ? value.millisecondText : "\(value.fixed(2)) s"
    case .none: value.fixed(2)
    }
  }

  // MARK: Conditions

  private func conditions(of record: PerformanceRecord) -> String {
    var out =
      "## Under which conditions\n\n"
      + machine(record.machine, threads: record.threads, versions: record.versions)
    guard !record.peers.isEmpty else { return out }
    var table = MarkdownTable([
      .init("Peer", .left), .init("Run as", .left), .init("Tried besides", .left),
    ])
    for peer in record.peers { table.add([peer.name, peer.settings, peer.tried]) }
    out += "\n" + table.text
    return out
  }

  private func machine(
    _ machine: RecordedMachine, threads: Int?, versions: [String: String]
  ) -> String {
    var table = MarkdownTable([.init("", .left), .init("", .left)])
    table.add([
      "machine",
      "\(machine.processor), \(machine.cores) cores, \(machine.memoryBytes.memoryText), "
        + "\(machine.system), load before \(machine.loadBefore.fixed(2))",
    ])
    if let threads { table.add(["threads", "\(threads) on each side"]) }
    table.add([
      "versions",
      versions.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
    ])
    return table.text
  }

  // MARK: Again

  private func again() -> String {
    var commands = ["make build"]
    if let comparison = records.comparison {
      commands.append(
        "\(comparison.command) --record Results/records/performance/comparison.json")
    }
    if let losses = records.losses {
      commands.append("\(losses.command) --record Results/records/performance/losses.json")
    }
    if let scaling = records.scaling {
      commands.append("\(scaling.command) --record Results/records/performance/scaling.json")
    }
    if let forecast = records.forecast {
      commands.append("\(forecast.command) --record Results/records/performance/forecast.json")
    }
    return """
      ## Again

      \(PageMarkup.code((commands + ["retort report"]).joined(separator: "\n"), info: "sh"))

      """
  }
}

extension Double {
  /// Seconds to the reader's eye: `14.9 ms`, `0.25 s` as `250 ms`, `1.24 s`.
  var millisecondText: String {
    self < 1 ? "\((self * 1e3).significant(3)) ms" : "\(fixed(2)) s"
  }
}
