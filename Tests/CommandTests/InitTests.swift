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

  @Test func whatItIsToldOfDataAndTeacherIsChecked() throws {
    try AtomicFile.replace(
      path: folder.file("rows.csv"),
      with: "id,says,stars\n"
        + (0..<40).map { "\($0),a \($0 % 2 == 0 ? "good,no" : "bad film \($0),yes")\n" }.joined()
        .replacing("good,no", with: "good film,no"))
    let model = try TinyModel(labels: ["negative", "positive"])
    let made = try retort([
      "init", "own", "--data", "rows.csv", "--text", "says", "--teacher", model.path,
    ])
    #expect(made.status == 0, "\(made.errors)")
    let definition = try String(
      contentsOfFile: folder.file("own/Experiments/own.yaml"), encoding: .utf8)
    for part in [
      "train: ../../rows.csv }", "text: says ", "label: stars ", "classes: [\"no\", \"yes\"] ",
      "layers: [0]\n", "sequence_length: 16\n",
      "head: { kind: classification, init: new }   # the folder's has other classes\n",
    ] {
      #expect(definition.contains(part), "\(part) in \(definition)")
    }
    #expect(!definition.contains("token_type"))
    let valid = try retort(["validate", "Experiments/own.yaml"], in: folder.file("own"))
    #expect(valid.status == 0, "\(valid.errors)")

    expectFailure(
      try retort(["init", "a", "--data", "rows.csv", "--label", "star"]), saying: "--label star",
      "did you mean 'stars'?")
    expectFailure(
      try retort(["init", "a", "--data", "none.csv"]), saying: "none.csv: no such file")
    expectFailure(
      try retort(["init", "a", "--teacher", "no-model"]), saying: "no-model: no such folder")
    try AtomicFile.replace(path: folder.file("one.csv"), with: "text,label\na film,good\n")
    expectFailure(
      try retort(["init", "a", "--data", "one.csv"]), saying: "one.csv: expected some classes",
      "found 1")
    #expect(try retort(["init", "a", "--label", "stars"]).status == 64)
    // A quotation mark that is one Character with an accent, and what YAML does not take as it is.
    try AtomicFile.replace(
      path: folder.file("odd.csv"),
      with: "\"a\"\"\u{301}\\\",\"x\r\n\ty\"\n"
        + (0..<40).map { "a film \($0),\($0 % 2 == 0 ? "\"\"\"\u{301}no\"" : "yes")\n" }.joined())
    #expect(
      try retort([
        "init", "odd", "--data", "odd.csv", "--text", "a\"\u{301}\\", "--label", "x\r\n\ty",
      ]).status == 0)
    let odd = try retort(["validate", "Experiments/odd.yaml"], in: folder.file("odd"))
    #expect(odd.status == 0, "\(odd.errors)")
    #expect(try folder.names() == ["odd", "odd.csv", "one.csv", "own", "rows.csv"])
    // What somebody has made of it stays, unless that is said.
    expectFailure(try retort(["init", "own"]), saying: "own: already exists", "--force")
    #expect(try retort(["init", "own", "--force"]).status == 0)
  }
}
