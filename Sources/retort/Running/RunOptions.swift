// Options of every verb that runs a definition, and the run itself.
import ArgumentParser
import RetortDistillation
import RetortExperimentPlan
import RetortFormatting
import RetortRecords
import RetortReporting
import RetortTensorEngine

struct RunOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The definition.", valueName: "def.yaml"))
  var definition: String

  @Option(
    help: ArgumentHelp(
      "Folder of run folders; this run's is <dir>/<name>/, a variant's <dir>/<name>@<point>/.",
      valueName: "dir"))
  var runs = "Runs"

  @Flag(help: "Continue exactly where the run in that folder stopped.")
  var resume = false

  @Option(help: ArgumentHelp("Run this stage and what it needs.", valueName: "id"))
  var stage: String?

  @OptionGroup var overrides: OverrideOptions

  @Flag(help: "Check everything and say what would be run; write nothing.")
  var dryRun = false

  @OptionGroup var computing: ComputingOptions
}

/// One run of a definition with all its variants, of all its stages or some.
struct DefinitionRun {
  let options: RunOptions
  /// Only stages of this kind and what they need; nil for all.
  var kind: StageKind?
  /// `--set` texts besides the user's.
  var overrides: [String] = []

  func perform() throws {
    let observer = TerminalObserver(measuringCommand: measuringCommand)
    let locations = Locations()
    let request = RunRequest(
      definitionPath: options.definition, overrides: options.overrides.set + overrides,
      runs: options.runs, resumes: options.resume, stages: try chosenStages(locations),
      command: Self.command,
      resumingCommand: Self.resumingCommand)
    let runner = try DefinitionRunner(
      request, locations: locations, engine: options.computing.makeEngine(), observer: observer)
    if options.dryRun { return try describe(runner, locations) }
    // Before the run: a mistake in them must not come up when the work is done.
    let references = try ReferenceLibrary(
      folder: Locations.referenceFolder(ofDefinition: options.definition)
    ).references

    StopSignals.install()
    let runs: [FinishedRun]
    do {
      defer { observer.end() }
      runs = try runner.run { run in
        observer.end()
        Console.shared.write(line: "record: \(run.folder)/\(RunFolder.recordName)")
      }
    } catch RecordingError.interrupted(let done, let total, let units) {
      throw Stopped(
        signal: StopSignals.received ?? .interrupt,
        description:
          "\(RecordingError.interrupted(done: done, total: total, units: units)); go on with:",
        command: Self.resumingCommand)
    } catch TrainingError.interrupted(let step, let checkpoint) {
      throw Stopped(
        signal: StopSignals.received ?? .interrupt,
        description: "stopped after step \(step.grouped)"
          + (checkpoint.map { ", saved in \($0); go on with:" } ?? ""),
        command: checkpoint.map { _ in Self.resumingCommand })
    } catch let error as MeasureError {
      guard case .interrupted = error else { throw error }
      throw Stopped(
        signal: StopSignals.received ?? .interrupt,
        description: "\(error); what was measured before is kept; go on with:",
        command: Self.resumingCommand)
    }
    let records = runs.map(\.record)
    let compared = references.filter { reference in
      records.contains { $0.experiment.compareWith.contains(reference.id) }
    }
    try StandardOutput.shared.write(
      RunRecord.summary(
        of: records, references: compared, width: StandardOutput.shared.width
      ).utf8)
    // After the tables, on a terminal that shows both.
    try StandardOutput.shared.flush()
    for line in NextSteps(of: runs).lines { Console.shared.write(whole: line) }
  }

  /// The stages that options name, nil for all.
  private func chosenStages(_ locations: Locations) throws -> [String]? {
    guard let kind else { return options.stage.map { [$0] } }
    let loaded = try LoadedDefinition.load(
      path: options.definition, overrides: options.overrides.set + overrides,
      context: DefinitionContext(locations: locations, definitionPath: options.definition))
    let stages = ResolvedPlan(loaded.definition).steps.filter { $0.kind == kind }
    guard let stage = options.stage else {
      guard !stages.isEmpty else {
        throw CommandFailure("\(options.definition): no \(kind.rawValue) stage in this definition")
      }
      return stages.map(\.id)
    }
    guard stages.contains(where: { $0.id == stage }) else {
      throw CommandFailure(
        "--stage \(stage): no \(kind.rawValue) stage of that name; there is "
          + (stages.isEmpty ? "none" : stages.map(\.id).joined(separator: ", ")))
    }
    return [stage]
  }

  private func describe(_ runner: DefinitionRunner, _ locations: Locations) throws {
    let facts = try runner.gatherFacts()
    let cache = StageCache(locations)
    let several = runner.loaded.variants.count > 1
    var known: Set<String> = []
    var rows: [[String]] = []
    for variant in runner.loaded.variants {
      let one = try runner.runner(of: variant)
      try one.checkFolder()
      let digests = try one.digests(facts)
      for planned in one.steps {
        guard let digest = digests.stages[planned.id] else { continue }
        let isNew = known.insert(digest).inserted
        rows.append(
          (several ? [variant.title] : []) + [
            planned.id, planned.kind.rawValue,
            planned.sources.joined(separator: ", "),
            cache.lookUp(digest) != nil
              ? "found in the cache" : isNew ? "to be computed" : "shared with the one above",
          ])
      }
    }
    let header = (several ? ["variant"] : []) + ["stage", "kind", "from", "state"]
    try StandardOutput.shared.write(
      line:
        TextTable(header: header, rows: rows).text(width: StandardOutput.shared.width))
  }

  /// The command as given, for the record, without the place of the run's folder: that is the machine's affair.
  private static var command: String { CommandText.given(without: ["--runs"]) }

  /// What to type to have the time of this run measured.
  private var measuringCommand: String {
    CommandText.typed(
      ["explain", options.definition]
        + (options.overrides.set + overrides).flatMap { ["--set", $0] }
        + (options.computing.threads.map { ["--threads", "\($0)"] } ?? []))
  }

  /// What to type to go on.
  private static var resumingCommand: String {
    let words = Array(CommandLine.arguments.dropFirst())
    return CommandText.typed(words.contains("--resume") ? words : words + ["--resume"])
  }
}
