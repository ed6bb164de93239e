// `retort show`: the tables of finished runs again, from their records.
import ArgumentParser
import RetortExperimentPlan
import RetortRecords
import RetortReporting

struct ShowVerb: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Print the tables of finished runs again, from their records.",
    discussion: """
      Several runs of one experiment, as of a sweep, are shown together: retort show Runs/x@*. Published results that the \
      definition compares with are read from references/ in the definition's folder or the one above.
      """)

  @Argument(help: ArgumentHelp("Run folders or their records.", valueName: "run"))
  var runs: [String]

  @Option(
    help: ArgumentHelp(
      "The folder of published results, if not beside the definition.", valueName: "dir"))
  var references: String?

  func run() throws {
    var records: [RunRecord] = []
    for run in runs {
      if let stage = RunStage(run) {
        throw CommandFailure(
          "\(run): expected a run, whose tables are shown, found one of its stages; write "
            + CommandText.typed(["show", stage.run]))
      }
      let status = RunFolder.exists(path: run) ? try RunStatus(run: run) : nil
      if let status, status.state != .finished {
        throw CommandFailure(
          "\(run): has not finished (\(RunStatusText(status).state)), so there are no tables; see "
            + CommandText.typed(["status", run]))
      }
      let path = RunFolder.record(of: run)
      records.append(try RunRecord.read(path: path))
    }
    // Experiments in the order in which they are named.
    let names = records.map(\.experiment.name).reduce(into: [String]()) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    for (index, name) in names.enumerated() {
      let ofOne = records.filter { $0.experiment.name == name }
      if index > 0 { try StandardOutput.shared.write(line: "") }
      try StandardOutput.shared.write(
        RunRecord.summary(
          of: ofOne, references: try published(for: ofOne), width: StandardOutput.shared.width
        ).utf8)
    }
  }

  private func published(for records: [RunRecord]) throws -> [Reference] {
    let wanted = Set(records.flatMap(\.experiment.compareWith))
    guard !wanted.isEmpty else { return [] }
    let definition =
      (try? RunStages(run: runs[0]))?.definitionFile ?? records[0].experiment.file
    let folder = references ?? Locations.referenceFolder(ofDefinition: definition)
    let found = try ReferenceLibrary(folder: folder).references.filter { wanted.contains($0.id) }
    let missing = wanted.subtracting(found.map(\.id)).sorted()
    if !missing.isEmpty {
      Console.shared.write(
        line:
          "\(folder): no \(missing.joined(separator: ", ")), so not shown; name the folder with "
          + "--references")
    }
    return found
  }
}
