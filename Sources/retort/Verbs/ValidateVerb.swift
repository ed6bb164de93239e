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
      config.json and the names and shapes of the weights; for tasks of your own files it reads the training file, and \
      for tasks with labels or hold_out it counts what they leave. No weights are loaded and nothing is run.
      """)

  @Argument(help: ArgumentHelp("Definitions in YAML.", valueName: "def.yaml"))
  var definitions: [String]

  @OptionGroup var overrides: OverrideOptions

  func run() throws {
    var wrong = 0
    for path in definitions {
      do {
        let loaded = try LoadedDefinition.load(
          path: path, overrides: overrides.set,
          context: DefinitionContext(locations: Locations(), definitionPath: path))
        let count = loaded.definition.stages.count
        let variants = loaded.variants.count
        try? StandardOutput.shared.write(
          text: "\(path): valid: \(loaded.definition.name), \(count) stage\(count == 1 ? "" : "s")"
            + (variants > 1 ? ", \(variants) variants" : ""))
        if try !describe(loaded) { wrong += 1 }
      } catch let error as DefinitionError {
        wrong += 1
        for diagnostic in error.diagnostics { Console.shared.write(error: "\(diagnostic)") }
      }
    }
    if wrong > 0 { throw ExitCode(ExitStatus.failure.rawValue) }
  }
}

extension ValidateVerb {
  /// Says what is left of tasks and texts of which something is left out, as far as they are at hand.
  /// - Returns: whether there is enough of them.
  private func describe(_ loaded: LoadedDefinition) throws -> Bool {
    let locations = Locations()
    var isRight = true
    let definitions = loaded.variants.map(\.definition)
    var seen: Set<String> = []
    func write(_ line: String) throws {
      if seen.insert(line).inserted { try StandardOutput.shared.write(text: "  \(line)") }
    }
    for note in definitions.flatMap({ $0.modelNotes(look: locations.look) }) { try write(note) }
    for task in definitions.flatMap(\.taskSources) where task.hasSelection {
      for line in locations.known(task)?.lines ?? [] { try write("\(task.name): \(line)") }
    }
    for source in definitions.flatMap(\.sentenceSources) {
      do {
        if let counts = try locations.counts(of: source) {
          try write("\(source.name): \(counts.words(source.rule))")
        }
      } catch let error as DataError {
        isRight = false
        Console.shared.write(error: "\(error)")
      }
    }
    return isRight
  }
}

/// `--set key.path=value`, of every verb that reads a definition.
struct OverrideOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Set a value of the definition; may be repeated.", valueName: "key.path=value"))
  var set: [String] = []
}
