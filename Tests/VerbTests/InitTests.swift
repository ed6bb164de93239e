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
    #expect(
      valid.output == """
        \(definition): valid: reviews-l3, 3 stages
          the weights of hub:sentence-transformers/all-MiniLM-L6-v2 are not there, so they were not checked

        """)
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
      "head: { kind: classification, init: new }   # the folder's classes are others, or have no names\n",
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
    // Words that YAML takes for something else.
    #expect(try retort(["init", "null"]).status == 0)
    let null = try retort(["validate", "Experiments/null.yaml"], in: folder.file("null"))
    #expect(null.status == 0, "\(null.errors)")
    try FileManager.default.removeItem(atPath: folder.file("null"))
    try AtomicFile.replace(
      path: folder.file("missing.csv"), with: "text,label\na b c,good\na b d,NA\na b e,bad\n")
    expectFailure(
      try retort(["init", "a", "--data", "missing.csv"]), saying: "found NA, which often means")
    try FileManager.default.removeItem(atPath: folder.file("missing.csv"))
    // What somebody has made of it stays, unless that is said.
    expectFailure(try retort(["init", "own"]), saying: "own: already exists", "--force")
    #expect(try retort(["init", "own", "--force"]).status == 0)
    expectFailure(try retort(["init", "rows.csv"]), saying: "expected a name")
    try AtomicFile.replace(path: folder.file("afile"), with: "x")
    expectFailure(
      try retort(["init", "afile", "--force"]), saying: "expected a folder to create, found a file")
    try Folder.create(path: folder.file("other"))
    try AtomicFile.replace(path: folder.file("other/mine.txt"), with: "x")
    expectFailure(
      try retort(["init", "other", "--force"]), saying: "other/Experiments/other.yaml is not in it")
    #expect(try Folder.names(path: folder.file("other")) == ["mine.txt"])
  }

  @Test func numbersAsLabelsAreARegression() throws {
    let words = ["a film", "a good film", "a bad film", "a dull film"]
    try AtomicFile.replace(
      path: folder.file("scores.csv"),
      with: "text,score\n"
        + (0..<40).map { "\(words[$0 % 4]) \($0),\(Double($0 % 7) / 2)\n" }.joined())
    let model = try TinyModel()
    try FileManager.default.copyItem(atPath: model.path, toPath: folder.file("teacher"))
    let made = try retort(["init", "own", "--data", "scores.csv", "--teacher", "teacher"])
    #expect(made.status == 0, "\(made.errors)")
    let run = try retort(
      ["run", "Experiments/own.yaml"]
        + ["teacher", "plain", "distilled"].flatMap { ["--set", "stages.\($0).limit={steps: 2}"] },
      in: folder.file("own"))
    #expect(run.status == 0, "\(run.errors)")
    // Two models are compared in the metrics of numbers too, in hundredths.
    let lines = run.output.split(separator: "\n").map { $0.split(whereSeparator: { $0 == " " }) }
    let models = lines.filter { $0.first == "teacher" }
    let pearson = try #require(models.first { $0.contains("Pearson") }.flatMap { Double($0[2]) })
    let header = try #require(lines.last { $0.contains("Parameters") && $0.contains("Pearson") })
    let place = try #require(header.firstIndex(of: "Pearson"))
    func value(_ name: Substring) -> Double? {
      let row = lines.last { $0.contains(name) && $0.contains("KiB") }
      // Behind the name's words: parameters, size in two words, loss, Pearson.
      guard let row, let unit = row.firstIndex(of: "KiB"), row.count > unit + 2 else { return nil }
      return Double(row[unit + 2])
    }
    let (teacher, student) = (try #require(value("teacher")), try #require(value("distilled")))
    #expect(place > 0 && abs(100 * (teacher - student) - pearson) < 0.02, "\(run.output)")
    try AtomicFile.replace(path: folder.file("semi.csv"), with: "text;label\na;1\nb;0\n")
    expectFailure(
      try retort(["init", "b", "--data", "semi.csv"]), saying: "is that the separator?")
  }

  @Test func theTeacherIsFoundFromWhereverTheDefinitionIsRead() throws {
    let model = try TinyModel(labels: ["good", "fair", "bad"])
    try FileManager.default.copyItem(atPath: model.path, toPath: folder.file("teacher"))
    let made = try retort(["init", "own", "--teacher", "teacher"])
    #expect(made.status == 0, "\(made.errors)")
    let definition = try String(
      contentsOfFile: folder.file("own/Experiments/own.yaml"), encoding: .utf8)
    #expect(definition.contains("from: ../../teacher\n"))
    // The example's classes in the order of the teacher's, whose classifier is kept.
    #expect(definition.contains("classes: [good, fair, bad]"))
    #expect(!definition.contains("init: new"))
    for (place, path) in [
      ("own", "Experiments/own.yaml"), (".", "own/Experiments/own.yaml"),
      ("own/Experiments", "own.yaml"),
    ] {
      let valid = try retort(["validate", path], in: folder.file(place))
      #expect(valid.status == 0 && !valid.output.contains("not there"), "\(valid)")
    }
  }

  @Test func aClassifierWhoseClassesHaveNoNamesIsNotTakenForOneOfTheData() throws {
    let model = try TinyModel(labels: ["LABEL_0", "LABEL_1", "LABEL_2"])
    try FileManager.default.copyItem(atPath: model.path, toPath: folder.file("teacher"))
    #expect(try retort(["init", "own", "--teacher", "teacher"]).status == 0)
    let path = folder.file("own/Experiments/own.yaml")
    let written = try String(contentsOfFile: path, encoding: .utf8)
    #expect(written.contains("head: { kind: classification, init: new }"))
    func validate(_ text: String) throws -> RetortProcess {
      try AtomicFile.replace(path: path, with: text)
      return try retort(["validate", "Experiments/own.yaml"], in: folder.file("own"))
    }
    let kept = written.replacing(#/ *head: \{ kind: classification, init: new \}.*\n/#, with: "")
    // Which is which somebody has said by writing them.
    let noted = try validate(kept)
    #expect(noted.status == 0, "\(noted.errors)")
    #expect(
      noted.output.contains(
        "teacher_model: its classes LABEL_0, LABEL_1, LABEL_2 are taken for bad, fair, good, in this order"
      ))
    // Nobody has if they are sorted: as a start, and as a teacher.
    let sorted = kept.replacing(#/ *classes: .*\n/#, with: "")
    let mistake = try validate(sorted)
    #expect(mistake.status == 1)
    #expect(
      mistake.errorLines.contains {
        $0.contains(
          "stages.teacher.head cannot be known: the classifier of 'teacher_model' calls its classes LABEL_0"
        )
          && $0.contains("write tasks.reviews.classes in the order of the model's")
      }, "\(mistake.errors)")
    let asItIs = sorted.replacing("teacher: teacher\n", with: "teacher: teacher_model\n")
    #expect(
      try validate(asItIs).errors.contains("stages.distilled.teacher cannot be known"))
  }
}
