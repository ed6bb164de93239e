// `retort help definition`: the reference of the definition language.
import ArgumentParser
import RetortExperimentPlan

struct DefinitionVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "definition",
    abstract: "Print the reference of experiment definitions.",
    discussion: """
      Without a path it lists the keys of a definition; with one it shows that key and the keys below it: type, unit, \
      default by recipe and an example. A stage is named by its kind, as in stages.finetune.batch_size, or by its id, \
      as in stages.sst2.seed. `retort help definition stages.distill.loss` is the same.
      """)

  @Argument(
    help: ArgumentHelp(
      "Keys with points between them, such as stages.finetune.optimizer.", valueName: "path"))
  var path: String = ""

  func run() throws {
    try StandardOutput.shared.write(text: DefinitionReference(path: path).text)
  }
}
