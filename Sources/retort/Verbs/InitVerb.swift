// `retort init`: a project folder for an experiment of one's own.
import ArgumentParser
import RetortExperimentPlan
import RetortFiles

struct InitVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a folder for an experiment of your own: definition, example data, Results.",
    discussion: """
      The definition fine-tunes a teacher on labelled text and distils a student of half its depth from it. Its comments say \
      which lines to change for your own text, labels and teacher.
      """)

  @Argument(
    help: ArgumentHelp(
      "The folder to create; its name becomes the experiment's name.", valueName: "name"))
  var name: String

  func run() throws {
    let project = try ProjectTemplate(folder: name)
    if FileIdentity(path: name) != nil {
      guard Folder.exists(path: name), try Folder.names(path: name).isEmpty else {
        throw CommandFailure(
          "\(name): already exists; choose another name or an empty folder")
      }
    }
    for file in project.files {
      let path = "\(name)/\(file.path)"
      try Folder.create(path: Folder.parent(of: path) ?? ".")
      try AtomicFile.replace(path: path, with: file.text)
      try StandardOutput.shared.write(line: path)
    }
    Console.shared.write(line: "next:")
    for words in [
      ["validate", project.definition], ["explain", project.definition],
      ["run", project.definition], ["report", "--add", "Runs/\(project.name)"],
    ] {
      Console.shared.write(line: "  " + CommandText.written(words))
    }
    Console.shared.write(line: "in the folder \(name)")
  }
}
