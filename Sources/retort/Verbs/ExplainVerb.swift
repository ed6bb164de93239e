// `retort explain`: what a definition will run, before anything runs.
import ArgumentParser
import RetortExperimentPlan

struct ExplainVerb: ParsableCommand, RunsKernels {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Show what an experiment will do, and how long it will take, without running it.",
    discussion: """
      Shows the losses as formulas with their numbers, the layer maps, what is frozen, steps and \
      learning rates, every value that the definition leaves to a recipe or a default; and how long it will \
      take on this machine, with memory and disk, from a few steps of every stage. For a sweep or an ablation it \
      also lists the variants and which stages they share.
      """)

  @Argument(help: ArgumentHelp("The definition.", valueName: "def.yaml"))
  var definition: String

  @OptionGroup var overrides: OverrideOptions

  @Flag(help: "Only read the definition: no weights, no data, no forecast.")
  var noForecast = false

  @Flag(
    help: """
      Write the forecast alone, as JSON. With --no-forecast: the variants and their stages, with digests that are \
      equal for stages that do the same with files of the same names.
      """)
  var json = false

  @OptionGroup var computing: ComputingOptions

  func run() throws {
    let locations = Locations().startingFrom(definition: definition)
    let loaded = try LoadedDefinition.load(
      path: definition, overrides: overrides.set,
      context: DefinitionContext(locations: locations, definitionPath: definition))
    if json, noForecast {
      let text = try JSONText.document(PlanListing(loaded), keys: .snakeCase)
      return try StandardOutput.shared.write(line: text)
    }
    let plan = ResolvedPlan(loaded.definition)
    let forecast = noForecast ? nil : try forecast(of: loaded.variants, locations)
    if json {
      // What is missing was said.
      guard let forecast else { throw ExitCode.failure }
      let text = try JSONText.document(forecast, keys: .snakeCase)
      return try StandardOutput.shared.write(line: text)
    }
    let explanation = PlanExplanation(
      plan, filled: loaded.filledValues, variants: loaded.variants, sizes: forecast?.sizes ?? [:],
      tasks: Dictionary(
        uniqueKeysWithValues: Set(loaded.definition.taskSources).compactMap { task in
          locations.known(task).map { (task, $0) }
        }),
      sentences: Dictionary(
        uniqueKeysWithValues: loaded.definition.sentenceSources.compactMap { source in
          (try? locations.counts(of: source))?.map { (source, $0) }
        }),
      look: { locations.look($0) })
    try StandardOutput.shared.write(
      text: explanation.text + (forecast.map { "\n\($0.text)" } ?? ""))
  }

  /// Nil where weights or data are missing, which is then said.
  private func forecast(
    of variants: [DefinitionVariant], _ locations: Locations
  ) throws -> RunForecast? {
    let console = Console.shared
    defer { console.endStatus() }
    do {
      return try RunForecast(
        variants: variants, locations: locations, engine: computing.makeEngine(),
        note: { console.show(status: $0) })
    } catch let error as LocationError {
      for problem in error.problems { console.write(line: "no forecast: \(problem)") }
      return nil
    }
  }
}
