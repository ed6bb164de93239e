// `retort validate`: every mistake in definitions, before any weights are loaded.
import ArgumentParser
import RetortExperimentPlan
import RetortOptions

struct ValidateVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract: "Find every mistake in definitions.",
    discussion: """
      Prints one line for each mistake, with file, line and column. For models that are available it reads \
      config.json and the names and shapes of the weights; for tasks of your own files it reads the training file, and \
      for tasks with labels or hold_out it counts what they leave. No weights are loaded and nothing is run.
      """)

  @Argument(help: ArgumentHelp("Definitions in YAML.", valueName: "def.yaml"))
  var definitions: [String]

  @OptionGroup var overrides: OverrideOptions

  func run() throws {
    var wrong = 0
    for path in definitions {
      do throws(DefinitionError) {
        let loaded = try LoadedDefinition.load(
          path: path, overrides: overrides.set,
          context: DefinitionContext(locations: Locations(), definitionPath: path))
        let count = loaded.definition.stages.count
        let variants = loaded.variants.count
        try? StandardOutput.shared.write(
          line: "\(path): valid: \(loaded.definition.name), \(count) stage\(count == 1 ? "" : "s")"
            + (variants > 1 ? ", \(variants) variants" : ""))
        for task in Set(loaded.variants.flatMap(\.definition.taskSources))
          .sorted(by: { $0.name < $1.name }) where task.hasSelection
        {
          for line in Locations().known(task)?.lines ?? [] {
            try? StandardOutput.shared.write(line: "  \(task.name): \(line)")
          }
        }
      } catch {
        wrong += 1
        for diagnostic in error.diagnostics { Console.shared.write(error: "\(diagnostic)") }
      }
    }
    if wrong > 0 { throw ExitCode(ExitStatus.failure.rawValue) }
  }
}

/// `--set key.path=value`, of every verb that reads a definition.
struct OverrideOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Set a value of the definition; may be repeated.", valueName: "key.path=value"))
  var set: [String] = []
}
