// `retort explain`: what a definition comes to, before anything runs.
import ArgumentParser
import ExperimentPlan

struct ExplainVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract: "Tell what a definition comes to before anything runs.",
    discussion: """
      The losses as formulas with their numbers, the layer maps, what is frozen, steps and \
      learning rates, and every value that the definition does not state itself.
      """)

  @Argument(help: ArgumentHelp("The definition.", valueName: "def.yaml"))
  var definition: String

  @OptionGroup var overrides: OverrideOptions

  func run() throws {
    let locations = Locations()
    let loaded = try LoadedDefinition.load(
      path: definition, overrides: overrides.set,
      context: DefinitionContext(locations: locations, definitionPath: definition))
    let explanation = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues,
      facts: { locations.facts($0) })
    try StandardOutput.shared.write(explanation.text.utf8)
  }
}
