// `retort report`: the committed pages, and defaults that no longer agree.
import Foundation
import RetortFiles
import RetortRecords
import RetortTestSupport
import Testing

@Suite struct ReportVerbTests {
  @Test func theCommittedPagesAreWhatTheProgramDraws() throws {
    let result = try RetortProcess.run(["report", "--check", "--root", TinyExperiment.repository])
    #expect(result.status == 0, "\(result.errors)")
  }

  /// As when a recipe's rate is changed: the two are other numbers, and nothing says why.
  @Test func aDifferenceThatNobodyExplainsIsNoPage() throws {
    let folder = try TemporaryFolder()
    let references = folder.file("Experiments/references")
    try Folder.create(path: references)
    for name in try Folder.names(path: "\(TinyExperiment.repository)/Experiments/references")
    where name.hasSuffix(".yaml") {
      let text = try String(
        contentsOfFile: "\(TinyExperiment.repository)/Experiments/references/\(name)",
        encoding: .utf8)
      try AtomicFile.replace(
        path: "\(references)/\(name)",
        with: text.replacing("\"learning_rate\", \"5e-05\"", with: "\"learning_rate\", \"4e-05\""))
    }
    expectFailure(
      try RetortProcess.run(["report", "--root", folder.path]),
      saying: "optimizer.learning_rate is 5e-05, learning_rate is 4e-05", "needs a reason")
    #expect(try Folder.names(path: folder.path) == ["Experiments"])
  }

  /// A folder of one's own with nothing of this repository in it.
  @Test func aProjectFolderGetsItsPagesFromItsRecords() throws {
    let experiment = try TinyExperiment()
    let root = experiment.folder.file("mine")
    let (first, second) = ("stages.sentiment.seed=1", "stages.sentiment.seed=2")
    let sweep = ["--set", "sweep={stages.sentiment.seed: [1, 2]}"]
    let environment = experiment.environment()
    func report(_ more: String...) throws -> RetortProcess {
      try RetortProcess.run(["report", "--root", root] + more, environment: environment)
    }
    expectFailure(try report(), saying: "\(root)/Results: no such folder", "retort init")
    let run = try RetortProcess.run(
      experiment.arguments("run", sweep), environment: environment)
    #expect(run.status == 0, "\(run.errors)")
    let runs = [first, second].map { experiment.folder.file("Runs/quickstart@\($0)") }
    // As a run leaves it that was stopped before its end.
    try FileManager.default.removeItem(atPath: "\(runs[1])/record.json")
    try Folder.create(path: root)
    let result = try report("--add", runs[0], runs[1])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.errors.contains("\(runs[1]): skipped, interrupted"), "\(result.errors)")
    #expect(
      try Folder.names(path: "\(root)/Results/records") == ["quickstart@\(first).json"])
    let names = try Folder.names(path: "\(root)/Results")
    #expect(names.contains("quickstart.md") && names.contains("README.md"))
    #expect(!names.contains("defaults.md"))
    let page = try String(contentsOfFile: "\(root)/Results/quickstart.md", encoding: .utf8)
    #expect(page.contains("sentiment"))
    #expect(try report("--check").status == 0)
    // One record has one place.
    try FileManager.default.copyItem(
      atPath: "\(runs[0])/record.json", toPath: experiment.folder.file("copy.json"))
    expectFailure(
      try report("--add", runs[0], experiment.folder.file("copy.json")),
      saying: "both are runs of quickstart")
    let none = try report("--add", runs[1])
    #expect(none.status == 1 && none.errors.contains("none of these runs has finished"))
  }

  @Test func nothingIsAddedWhereAPageCannotBeDrawn() throws {
    let folder = try TemporaryFolder()
    var record = RunRecord.synthetic()
    record.experiment.compareWith = ["nowhere"]
    try AtomicFile.replace(path: folder.file("record.json"), with: record.text())
    try Folder.create(path: folder.file("Results"))
    expectFailure(
      try RetortProcess.run(
        ["report", "--root", folder.path, "--add", folder.file("record.json")]),
      saying: "nowhere")
    #expect(try Folder.names(path: folder.file("Results")).isEmpty)
  }
}
