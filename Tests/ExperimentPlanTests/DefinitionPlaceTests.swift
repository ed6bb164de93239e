// Where relative paths of a definition lead.
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan

@Suite struct DefinitionPlaceTests {
  @Test func pathsStartFromTheDefinitionThenFromTheWorkingDirectory() throws {
    let folder = try TemporaryFolder()
    try Folder.create(path: folder.file("teacher"))
    let context = DefinitionContext(folder: folder.path)
    #expect(context.place(of: "teacher") == folder.file("teacher"))
    #expect(context.place(of: "teacher#stage") == folder.file("teacher#stage"))
    #expect(context.place(of: "./teacher/x") == "./teacher/x")
    #expect(context.place(of: "Experiments") == "Experiments")
    #expect(context.place(of: folder.file("teacher")) == folder.file("teacher"))
    #expect(DefinitionContext().place(of: "teacher") == "teacher")
  }
}
