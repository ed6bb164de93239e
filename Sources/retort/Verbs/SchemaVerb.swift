// `retort schema`: the definition language for editors.
import ArgumentParser
import RetortExperimentPlan

struct SchemaVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Print a JSON Schema of experiment definitions.",
    discussion: """
      Editors with a YAML mode complete keys and mark mistakes with it: write it to a file and name that file in \
      the first line of a definition, as in `# yaml-language-server: $schema=retort.schema.json`. \
      `retort validate` checks more.
      """)

  func run() throws {
    try StandardOutput.shared.write(DefinitionSchema.json.document.utf8)
  }
}
