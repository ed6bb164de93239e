// `retort report`: pages and plots of Results/ from the records in it.
import ArgumentParser
import RetortExperimentPlan
import RetortFiles
import RetortRecords
import RetortReporting

struct ReportVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Regenerate the tables and plots under Results/ from the committed records.",
    discussion: """
      Run in the repository's root, or say where it is. Needs nothing but the records and \
      Experiments/references, and gives the same bytes anywhere. defaults.md shows the program's \
      own defaults compared with Hugging Face's.
      """)

  @Flag(help: "Write nothing; fail if a file is not what the records give.")
  var check = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "First copy the records of these runs (their folders or record.json) there.",
      valueName: "run"))
  var add: [String] = []

  @Option(help: ArgumentHelp("The repository's root.", valueName: "folder"))
  var root = "."

  func validate() throws {
    if check, !add.isEmpty { throw ValidationError("--check writes nothing: leave --add out") }
  }

  func run() throws {
    guard Folder.exists(path: "\(root)/Experiments/references") else {
      throw CommandFailure(
        "\(root)/Experiments/references: no such folder; run this in the repository's root, or "
          + "name it with --root")
    }
    let results = ResultsFolder(root: root, defaults: DefaultsAudit.defaults)
    if check { return try checkFiles(of: results) }
    for run in add {
      let path = Folder.exists(path: run) ? "\(run)/record.json" : run
      let record = try RunRecord.read(path: path)
      try OutputFile.check([results.recordPath(of: record)], .any, reading: [path], option: "--add")
      let added = try results.add(record: record)
      try StandardOutput.shared.write(line: "added \(added)")
    }
    let written = try results.write()
    for name in written {
      try StandardOutput.shared.write(line: "wrote \(results.path)/\(name)")
    }
    if written.isEmpty {
      try StandardOutput.shared.write(line: "\(results.path) is up to date")
    }
  }

  private func checkFiles(of results: ResultsFolder) throws {
    let differences = try results.check()
    for difference in differences {
      Console.shared.write(error: "\(results.path)/\(difference)")
    }
    guard differences.isEmpty else { throw ExitCode(ExitStatus.failure.rawValue) }
    try StandardOutput.shared.write(line: "\(results.path) is up to date")
  }
}
