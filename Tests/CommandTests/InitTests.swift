// `retort init`: a project folder whose definition is valid as it stands.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@Suite struct InitTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func retort(_ arguments: [String], in place: String? = nil) throws -> RetortProcess {
    try RetortProcess.run(
      arguments,
      environment: [
        "RETORT_CACHE": folder.file("cache"), "RETORT_MIRROR": nil,
        "HF_HUB_CACHE": folder.file("hf"),
      ], folder: place ?? folder.path)
  }

  @Test func theDefinitionIsValidAndTheFolderGetsPages() throws {
    let made = try retort(["init", "reviews-l3"])
    #expect(made.status == 0, "\(made.errors)")
    #expect(
      made.output.split(separator: "\n") == [
        "reviews-l3/Experiments/reviews-l3.yaml", "reviews-l3/data/reviews.csv",
        "reviews-l3/Results/records/.gitkeep", "reviews-l3/.gitignore",
      ])
    let project = folder.file("reviews-l3")
    let definition = "Experiments/reviews-l3.yaml"
    let valid = try retort(["validate", definition], in: project)
    #expect(valid.status == 0, "\(valid.errors)")
    #expect(valid.output == "\(definition): valid: reviews-l3, 3 stages\n")
    // The data are read: a label that is no class is found.
    let data = "\(project)/data/reviews.csv"
    let text = try String(contentsOfFile: data, encoding: .utf8)
    try AtomicFile.replace(path: data, with: text + "a new one,grand\n")
    let wrong = try retort(["validate", definition], in: project)
    expectFailure(wrong, saying: "reviews.csv:98", "found 'grand'")
    #expect(try retort(["report"], in: project).status == 0)
    #expect(try Folder.names(path: "\(project)/Results") == ["README.md", "records"])

    expectFailure(try retort(["init", "reviews-l3"]), saying: "reviews-l3: already exists")
    expectFailure(
      try retort(["init", "my reviews"]), saying: "expected a name of lower-case letters")
    // Names that definitions or pages refuse are refused before anything is written.
    expectFailure(try retort(["init", "Reviews"]), saying: "did you mean 'reviews'?")
    for name in ["a.b", "2x", "README"] {
      expectFailure(try retort(["init", name]), saying: "expected a name of lower-case letters")
    }
    #expect(try folder.names() == ["reviews-l3"])
  }
}
