// `retort report`: pages and plots of Results/ from the records in it.
import ArgumentParser
import RetortExperimentPlan
import RetortFiles
import RetortRecords
import RetortReporting

struct ReportVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Regenerate the tables and plots under Results/ from the records there.",
    discussion: """
      Run it in the root of the repository or of your own project, or name that folder with --root. It reads only \
      Results/records and, if definitions compare with published results, Experiments/references. The output is the same \
      on every machine. If the references contain Hugging Face's defaults, defaults.md compares Retort's with them.
      """)

  @Flag(help: "Write nothing; fail if a file is not what the records give.")
  var check = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp(
      "Copy the records of these runs (run folders or record.json files) first. Unfinished runs are skipped with a "
        + "message.", valueName: "run"))
  var add: [String] = []

  @Option(help: ArgumentHelp("The project's root, which contains Results/.", valueName: "folder"))
  var root = "."

  func validate() throws {
    if check, !add.isEmpty { throw ValidationError("--check writes nothing: leave --add out") }
  }

  func run() throws {
    let isProject = ["Results", "Experiments/references"].contains {
      Folder.exists(path: "\(root)/\($0)")
    }
    guard isProject || !add.isEmpty && Folder.exists(path: root) else {
      throw CommandFailure(
        "\(root)/Results: no such folder; run this in the project's root, name it with --root, or make "
          + "a project with `retort init`")
    }
    let results = ResultsFolder(root: root, defaults: DefaultsAudit.defaults)
    if check { return try checkFiles(of: results) }
    let (added, written) = try results.publish(finishedRecords(for: results))
    for path in added { try StandardOutput.shared.write(line: "added \(path)") }
    for name in written {
      try StandardOutput.shared.write(line: "wrote \(results.path)/\(name)")
    }
    if written.isEmpty {
      try StandardOutput.shared.write(line: "\(results.path) is up to date")
    }
  }

  /// The records of the runs to add that have finished.
  private func finishedRecords(for results: ResultsFolder) throws -> [RunRecord] {
    var records: [RunRecord] = []
    var runs: [String: String] = [:]
    for run in add {
      let status = RunFolder.exists(path: run) ? try RunStatus(run: run) : nil
      if let status, status.state != .finished {
        Console.shared.write(line: "\(run): skipped, \(RunStatusText(status).state)")
        continue
      }
      let path = RunFolder.record(of: run)
      let record = try RunRecord.read(path: path)
      let place = results.recordPath(of: record)
      try OutputFile.check([place], .any, reading: [path], option: "--add")
      if let other = runs.updateValue(run, forKey: place) {
        throw CommandFailure(
          "--add \(other) \(run): both are runs of \(record.experiment.name), and their record would be \(place); add "
            + "one of them, or give one definition another name")
      }
      if let earlier = try? RunRecord.read(path: place),
        earlier.experiment.definition != record.experiment.definition
      {
        Console.shared.write(
          line: "\(place): the record of another definition of that name is replaced")
      }
      records.append(record)
    }
    guard add.isEmpty || !records.isEmpty else {
      throw CommandFailure(
        "--add: none of these runs has finished, so nothing was added; `retort status` shows how far "
          + "they are")
    }
    return records
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
