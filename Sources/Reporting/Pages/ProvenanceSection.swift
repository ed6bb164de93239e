// What the numbers rest on: weights, data, definition, machine, time, and how to get them again.
import RetortRecords

struct ProvenanceSection {
  private let runs: ExperimentRuns
  private var first: RunRecord { runs.first }

  init(_ runs: ExperimentRuns) { self.runs = runs }

  func text() -> String {
    [weights(), data(), stages(), texts(), timings(), time(), definition(), regenerate()]
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private func weights() -> String {
    guard !first.weights.isEmpty else { return "" }
    var table = MarkdownTable([
      .init("Model", .left), .init("Weights", .left), .init("Source", .left),
      .init("Architecture", .left), .init("Parameters without head"), .init("Digest", .left),
    ])
    for model in first.weights {
      table.add([
        model.name, first.originText(of: model), model.source, model.architecture,
        model.parameters.encoder.grouped, model.digest.map(Self.short) ?? "-",
      ])
    }
    return "## Weights\n\n" + table.text
  }

  private func data() -> String {
    guard !first.data.isEmpty else { return "" }
    var table = MarkdownTable([
      .init("Data", .left), .init("Examples"), .init("Tokens"), .init("Labels", .left),
      .init("Digest", .left),
    ])
    for set in first.data {
      let balance = set.balance.sorted { $0.key < $1.key }
        .map { "\($0.key) \($0.value.grouped)" }.joined(separator: ", ")
      table.add([
        set.name, set.examples.grouped, set.tokens.grouped, balance.isEmpty ? "-" : balance,
        Self.short(set.digest),
      ])
    }
    let chosen = first.data.compactMap { set in
      set.selection.map { "- \(set.name): \($0.steps.joined(separator: "; "))." }
    }
    return "## Data\n\n" + table.text
      + (chosen.isEmpty ? "" : "\n\(chosen.joined(separator: "\n"))\n")
  }

  private func stages() -> String {
    let stages = runs.distinctStages
    guard !stages.isEmpty else { return "" }
    var table = MarkdownTable([
      .init("Stage", .left), .init("Kind", .left), .init("From", .left), .init("Seed"),
      .init("Budget", .left), .init("Steps"), .init("Tokens"), .init("Wall time"),
      .init("Seconds a step"), .init("Tokens a second"), .init("Peak memory"),
      .init("Digest", .left),
    ])
    for entry in stages {
      let stage = entry.stage
      let measured = entry.record.measured.stages[stage.id]
      var inputs = stage.inputs
      if stage.classifier == .stored {
        inputs["classifier"] = "stored with \(stage.trainedInput ?? "its model")"
      }
      if let targets = stage.targets { inputs["targets"] = targets }
      let inputText = inputs.sorted { $0.key < $1.key }
        .map { "\($0.key): \($0.value)" }.joined(separator: ", ")
      let training = measured.map { $0.wallSeconds - $0.evaluationSeconds }
      let step = training.map { stage.steps > 0 ? ($0 / Double(stage.steps)).significant(3) : "-" }
      table.add([
        runs.label(of: entry), stage.kind.rawValue, inputText, "\(stage.seed)", stage.budget,
        stage.steps.grouped,
        stage.tokens.grouped, measured?.wallSeconds.durationText ?? "-", step ?? "-",
        measured.map { Int($0.tokensPerSecond.rounded()).grouped } ?? "-",
        measured?.peakMemoryBytes.memoryText ?? "-", Self.short(stage.digest),
      ])
    }
    return "## Stages\n\n" + table.text
      + "\nWall time is summed over every time a stage was resumed; seconds a step are without "
      + "evaluations.\n"
  }

  private func texts() -> String {
    let texts = runs.records.flatMap { record in
      (record.texts ?? []).map { (text: $0, measured: record.measured.stages[$0.id]) }
    }
    var seen: Set<String> = []
    let distinct = texts.filter { seen.insert($0.text.digest).inserted }
    guard !distinct.isEmpty else { return "" }
    var table = MarkdownTable([
      .init("Text", .left), .init("Made by", .left), .init("Model", .left), .init("Seed"),
      .init("Sentences"), .init("Copies"), .init("Duplicates dropped"), .init("Words replaced"),
      .init("Lines"), .init("Wall time"), .init("Digest of the text", .left),
    ])
    for (text, measured) in distinct {
      let counts = text.counts
      table.add([
        text.id, text.title, text.inputs["model"] ?? "-", "\(text.seed)",
        counts.sentences.grouped, counts.copies.grouped, counts.duplicates.grouped,
        counts.replaced.grouped, counts.lines.grouped, measured?.wallSeconds.durationText ?? "-",
        Self.short(text.textDigest),
      ])
    }
    return "## Texts that stages made\n\n" + table.text
  }

  private func timings() -> String {
    let timings = runs.records.flatMap(\.measured.timings)
    guard !timings.isEmpty else { return "" }
    var table = MarkdownTable([
      .init("Timed", .left), .init("Conditions", .left), .init("Steps"),
      .init("Seconds a step, median (min-max)"), .init("Tokens a step"), .init("Peak memory"),
    ])
    for timing in timings {
      let range =
        "\(timing.medianSeconds.significant(3)) "
        + "(\(timing.minimumSeconds.significant(3))-\(timing.maximumSeconds.significant(3)))"
      table.add([
        timing.name, timing.conditions, "\(timing.steps)", range,
        Int(timing.tokensPerStep.rounded()).grouped, timing.peakMemoryBytes.memoryText,
      ])
    }
    return "## Timings\n\n" + table.text
  }

  private func time() -> String {
    var lines: [String] = []
    for record in runs.records {
      let machine = record.measured.machine
      let prefix = runs.records.count > 1 ? "\(ExperimentRuns.label(record)): " : ""
      let line = """
        - \(prefix)\(machine.processor), \(machine.processors) logical processors, \
        \(machine.threads) thread\(machine.threads == 1 ? "" : "s"), \(machine.instructions), \
        \(machine.memoryBytes.memoryText) of memory, \(machine.system); Retort \
        \(record.program.version), OpenBLAS kernel \(record.program.blasCore). All stages: \
        \(record.measured.stages.values.map(\.wallSeconds).sorted().reduce(0, +).durationText).
        """
      lines.append(line)
    }
    for reference in runs.references {
      for run in reference.runs {
        guard let seconds = run.seconds else { continue }
        let note = run.timeNote.map { " (\($0))" } ?? ""
        lines.append(
          "- For comparison, \(run.name): \(seconds.durationText)\(note) on "
            + "\(run.machine ?? "an unnamed machine"), \(run.model).")
      }
    }
    return "## Machine and time\n\n" + lines.joined(separator: "\n") + "\n"
  }

  private func definition() -> String {
    let experiment = first.experiment
    guard !experiment.definition.isEmpty else { return "" }
    let point = runs.records.count > 1 ? " for the run \(ExperimentRuns.label(first))" : ""
    return """
      ## Definition

      `\(experiment.file)`, resolved\(point): every value that a recipe filled in is written out. Digest \
      \(Self.short(experiment.digest)).

      \(PageMarkup.line("<details>"))
      \(PageMarkup.line("<summary>\(experiment.definition.count) lines</summary>"))

      \(PageMarkup.code(experiment.definition.joined(separator: "\n"), info: "yaml"))

      \(PageMarkup.line("</details>"))

      """
  }

  private func regenerate() -> String {
    let commands = runs.records.map(\.measured.command).reduce(into: [String]()) {
      if !$0.contains($1) { $0.append($1) }
    }
    let folders = runs.records.contains { $0.experiment.point != nil } ? "@*" : ""
    let lines = commands + ["retort report --add Runs/\(runs.name)\(folders)"]
    return """
      ## Again

      \(PageMarkup.code(lines.joined(separator: "\n"), info: "sh"))

      Published models and data are looked for in `RETORT_CACHE` and `RETORT_MIRROR`.

      Every number on this page comes from \
      \(runs.records.map { "[`records/\($0.fileName)`](records/\($0.fileName))" }
        .joined(separator: ", ")), predictions included; `retort report` draws the page from it.

      """
  }

  /// Enough of a digest to tell two apart by eye.
  static func short(_ digest: String) -> String { "`\(digest.prefix(12))`" }
}

extension RunRecord {
  /// The record's name under Results/records.
  var fileName: String {
    Self.name(experiment: experiment.name, point: experiment.point) + ".json"
  }
}
