// `retort init`: a project folder for an experiment of one's own.
import ArgumentParser
import Foundation
import RetortExperimentPlan
import RetortFiles

struct InitVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a folder for an experiment of your own: definition, example data, Results.",
    discussion: """
      The definition fine-tunes a teacher on labelled text and distils a student of half its depth from it. With --data and \
      --teacher it is written for your own; without, for an example, and its comments say which lines to change.
      """)

  @Argument(
    help: ArgumentHelp(
      "The folder to create; its name becomes the experiment's name.", valueName: "name"))
  var name: String

  @Option(
    help: ArgumentHelp(
      "Your labelled text, with classes or numbers as labels: .csv, .tsv, .jsonl or .parquet. It is read where it is.",
      valueName: "file"))
  var data: String?

  @OptionGroup var columns: ColumnOptions

  @Option(
    help: ArgumentHelp(
      "The column of the labels; guessed if not given, as inspect does.", valueName: "column"))
  var label: String?

  @Option(
    help: ArgumentHelp(
      "Your teacher: a folder that transformers saved, a checkpoint (.h5), RUN#STAGE, or hub:owner/name.",
      valueName: "model"))
  var teacher: String?

  @Flag(help: "Write the files of an earlier init again, the definition too; other files stay.")
  var force = false

  func validate() throws {
    if data == nil, label != nil || !columns.text.isEmpty || columns.format != nil {
      throw ValidationError("--text, --label and --format describe a file; name it with --data")
    }
  }

  func run() throws {
    let there = try checkFolder()
    // What the definition names is relative to it.
    let definitions = "\(name)/Experiments"
    var chosen =
      try data.map {
        try ProjectData(file: $0, columns: columns, label: label, seenFrom: definitions)
      } ?? .example
    let taught = try teacher.map {
      try ProjectTeacher($0, data: &chosen, seenFrom: definitions)
    }
    let project = try ProjectTemplate(folder: name, data: chosen, teacher: taught ?? .example)
    do { try write(project) } catch {
      // Half a project would be in the way of the next attempt.
      switch there {
      case .nothing: try? FileManager.default.removeItem(atPath: name)
      case .emptyFolder:
        for inside in (try? Folder.names(path: name)) ?? [] {
          try? FileManager.default.removeItem(atPath: "\(name)/\(inside)")
        }
      case .project: break
      }
      throw error
    }
    for file in project.files {
      try StandardOutput.shared.write(line: "\(name)/\(file.path)")
    }
    // Before what follows, on a terminal that shows both.
    try StandardOutput.shared.flush()
    Console.shared.write(line: "next:")
    for words in [
      ["validate", project.definition], ["explain", project.definition],
      ["run", project.definition], ["report", "--add", "Runs/\(project.name)"],
    ] {
      Console.shared.write(line: "  " + CommandText.written(words))
    }
    Console.shared.write(line: "in the folder \(name)")
  }

  /// What is in the place of the project.
  private enum Place { case nothing, emptyFolder, project }

  private func checkFolder() throws -> Place {
    let definition = "\(name)/Experiments/\(try ProjectTemplate.name(of: name)).yaml"
    guard FileIdentity(path: name) != nil || Folder.isLink(path: name) else { return .nothing }
    guard Folder.exists(path: name) else {
      throw CommandFailure(
        "\(name): expected a folder to create, found a file; choose another name")
    }
    if try Folder.names(path: name).isEmpty { return .emptyFolder }
    guard FileIdentity(path: definition) != nil else {
      throw CommandFailure(
        "\(name): already exists, and \(definition) is not in it; choose another name or an empty folder"
      )
    }
    guard force else {
      throw CommandFailure(
        "\(name): already exists; choose another name or an empty folder, or write its definition again with --force"
      )
    }
    return .project
  }

  private func write(_ project: ProjectTemplate) throws {
    for file in project.files {
      let path = "\(name)/\(file.path)"
      try Folder.create(path: Folder.parent(of: path) ?? ".")
      try AtomicFile.replace(path: path, with: file.text)
    }
  }
}
