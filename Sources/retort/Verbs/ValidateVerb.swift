// `retort validate`: every mistake in definitions, before any weights are loaded.
import ArgumentParser
import RetortExperimentPlan
import RetortOptions
import RetortText

struct ValidateVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Find every mistake in definitions.",
    discussion: """
      Prints one line for each mistake, with file, line and column. For models that are available it reads \
      config.json and the names and shapes of the weights; for tasks of your own files it reads them, and \
      for tasks with labels or hold_out it counts what they leave. No weights are loaded and nothing is run.
      """)

  @Argument(help: ArgumentHelp("Definitions in YAML.", valueName: "def.yaml"))
  var definitions: [String]

  @OptionGroup var overrides: OverrideOptions

  func run() throws {
    var wrong = 0
    for path in definitions {
      do {
        let locations = Locations().startingFrom(definition: path)
        let context = DefinitionContext(locations: locations, definitionPath: path)
        let loaded = try LoadedDefinition.load(
          path: path, overrides: overrides.set, context: context)
        let found = try facts(of: loaded, locations, look: context.look)
        for problem in found.problems { Console.shared.write(error: problem) }
        guard found.problems.isEmpty else {
          wrong += 1
          continue
        }
        let count = loaded.definition.stages.count + loaded.definition.texts.count
        let variants = loaded.variants.count
        let title =
          "\(path): valid: \(loaded.definition.name), \(count) stage\(count == 1 ? "" : "s")"
          + (variants > 1 ? ", \(variants) variants" : "")
        for line in [title] + found.lines.map({ "  \($0)" }) {
          try StandardOutput.shared.write(text: line)
        }
      } catch let error as DefinitionError {
        wrong += 1
        for diagnostic in error.diagnostics { Console.shared.write(error: "\(diagnostic)") }
      }
    }
    if wrong > 0 { throw ExitCode(ExitStatus.failure.rawValue) }
  }
}

extension ValidateVerb {
  /// What is left of tasks and texts of which something is left out, and which models were not looked at, as far as
  /// they are at hand; and what is wrong with them.
  private func facts(
    of loaded: LoadedDefinition, _ locations: Locations, look: (ModelAddress) -> ModelLook
  ) throws -> (lines: [String], problems: [String]) {
    let definitions = loaded.variants.map(\.definition)
    var problems: [String] = []
    var lines = Set(definitions.flatMap { $0.modelNotes(look: look) }).sorted()
    lines += Set(definitions.flatMap(\.lossNotes)).sorted()
    for task in Set(definitions.flatMap(\.taskSources)).sorted(by: { $0.name < $1.name })
    where task.hasSelection {
      lines += (locations.known(task)?.lines ?? []).map { "\(task.name): \($0)" }
    }
    // One line says what is learned and what is held out.
    for source in Set(definitions.flatMap(\.sentenceSources).map(\.learned))
      .sorted(by: { $0.name < $1.name })
    {
      do {
        if let counts = try locations.counts(of: source) {
          lines.append("\(source.name): \(counts.words(source.rule))")
        }
      } catch let error as DataError {
        problems.append("\(error)")
      }
    }
    for address in Set(definitions.flatMap(\.modelAddresses)).sorted(by: { "\($0)" < "\($1)" }) {
      switch look(address) {
      case .absent: lines.append("\(address) is not there, so nothing was checked against it")
      case .outline(let outline) where outline.parts == nil:
        lines.append("the weights of \(address) are not there, so they were not checked")
      case .outline, .unusable: break
      }
    }
    let absent = Set(definitions.flatMap(\.taskSources)).flatMap(locations.absentParts)
    for part in Set(absent).sorted() {
      lines.append("\(part) is not there, so the task that it belongs to was not checked")
    }
    return (lines, problems)
  }
}

/// `--set key.path=value`, of every verb that reads a definition.
struct OverrideOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Set a value of the definition; may be repeated.", valueName: "key.path=value"))
  var set: [String] = []
}
