// `retort init`: a project folder for an experiment of one's own.
import ArgumentParser
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
      "Your labelled text: .csv, .tsv, .jsonl or .parquet. It is read where it is.",
      valueName: "file"))
  var data: String?

  @OptionGroup var columns: ColumnOptions

  @Option(
    help: ArgumentHelp(
      "The column of the labels; guessed if not given, as inspect does.", valueName: "column"))
  var label: String?

  @Option(
    help: ArgumentHelp(
      "Your teacher: a folder that transformers saved, a checkpoint (.h5), or hub:owner/name.",
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
    _ = try ProjectTemplate.name(of: name)
    if FileIdentity(path: name) != nil, !force || !Folder.exists(path: name) {
      guard Folder.exists(path: name), try Folder.names(path: name).isEmpty else {
        throw CommandFailure(
          "\(name): already exists; choose another name or an empty folder, or write its definition again with --force"
        )
      }
    }
    var own = try data.map {
      try ProjectData(
        file: $0, columns: columns, label: label, seenFrom: "\(name)/Experiments")
    }
    let taught = try teacher.map {
      var data = own ?? .example
      let teacher = try ProjectTeacher($0, data: &data, seenFrom: name)
      if own != nil { own = data }
      return teacher
    }
    let project = try ProjectTemplate(
      folder: name, data: own, teacher: taught ?? .example)
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
