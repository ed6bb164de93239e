// `retort report`: the committed pages, and defaults that no longer agree.
import Foundation
import RetortFiles
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
}
