// `retort predict` of files: tables, lines, whole files, pipes.
import Foundation
import RetortTestSupport
import Testing

@Suite("Prediction of files")
struct PredictFileTests {
  private let model: TinyModel
  private let folder: TemporaryFolder

  init() throws {
    model = try TinyModel()
    folder = model.folder
  }

  private static let csv =
    "id,review,stars\r\n1,\"a good film, really\",4\r\n2,\"the plot\nis \"\"dull\"\"\",1\r\n3,very bad,\r\n"

  private func predict(_ arguments: String..., input: String = "") throws -> RetortProcess {
    try RetortProcess.run(
      ["predict", "--model", model.path] + arguments, input: Data(input.utf8),
      environment: model.environment)
  }

  private func read(_ name: String) throws -> String {
    try String(contentsOfFile: folder.file(name), encoding: .utf8)
  }

  private struct Line: Decodable {
    var label: String
    var probabilities: [Double]
  }

  /// What `predict` says of texts as lines.
  private func ofLines(_ texts: [String]) throws -> [(label: String, probabilities: [String])] {
    let result = try predict("--json", input: texts.map { "\($0)\n" }.joined())
    return try result.output.split(separator: "\n").map {
      let line = try JSONDecoder().decode(Line.self, from: Data($0.utf8))
      return (line.label, line.probabilities.map { "\(Float($0))" })
    }
  }

  @Test("every row with its columns, and the answers that the texts have as lines")
  func csv() throws {
    try folder.write("in.csv", Self.csv)
    let out = folder.file("out.csv")
    let result = try predict(
      "--input", folder.file("in.csv"), "--text", "review", "--out", out)
    #expect(result.status == 0 && result.output.isEmpty, "\(result.errors)")
    #expect(result.errors.contains("3 rows"))
    let answers = try ofLines(["a good film, really", "the plot is \"dull\"", "very bad"])
    let kept = ["1,\"a good film, really\",4", "2,\"the plot\nis \"\"dull\"\"\",1", "3,very bad,"]
    let rows = zip(kept, answers).map {
      "\($0),\($1.label),\($1.probabilities.joined(separator: ","))\n"
    }
    #expect(
      try read("out.csv")
        == "id,review,stars,prediction,probability_negative,probability_positive\n" + rows.joined())
  }

  @Test("every format in and out has the same answers; a pipe and a redirected file too")
  func formats() throws {
    try folder.write("in.csv", Self.csv)
    let csv = folder.file("in.csv")
    let lines = try predict("--input", csv, "--text", "review", "--out-format", "jsonl")
    #expect(lines.status == 0, "\(lines.errors)")
    #expect(lines.output.hasPrefix("{\"id\": \"1\", \"review\": \"a good film, really\", "))
    try folder.write("in.jsonl", lines.output)
    let again = try predict(
      "--input", folder.file("in.jsonl"), "--text", "review", "--prefix", "new_")
    for line in again.output.split(separator: "\n") {
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      #expect(object["prediction"] as? String == object["new_prediction"] as? String)
      #expect(
        object["probability_positive"] as? Double == object["new_probability_positive"] as? Double)
    }
    let whole = try predict("--input", csv, "--text", "review")
    #expect(
      try predict("--format", "csv", "--text", "review", input: Self.csv).output == whole.output)
    let piped = Process()
    piped.executableURL = URL(fileURLWithPath: "/bin/sh")
    piped.arguments = [
      "-c",
      "cat '\(csv)' | \(RetortProcess.executable.path) predict --model '\(model.path)' "
        + "--format csv --text review > '\(folder.file("piped.csv"))'",
    ]
    try piped.run()
    piped.waitUntilExit()
    #expect(piped.terminationStatus == 0)
    #expect(try read("piped.csv") == whole.output)
    let parquet = try predict(
      "--input", Fixture.path(of: "parquet/classes.parquet"), "--text", "sentence")
    let answers = try ofLines(["a good film", "a bad film", "not bad", "a film"])
    let labels = parquet.output.split(separator: "\n").dropFirst().map {
      (line: Substring) -> String in
      String(line.split(separator: ",", omittingEmptySubsequences: false)[3])
    }
    #expect(labels == answers.map { String($0.label) }, "\(parquet.output)")
    #expect(parquet.output.contains("\na good film,better,0,"))
  }

  @Test("lines and whole files")
  func linesAndFiles() throws {
    try folder.write("in.txt", "a good film\n\nvery bad")
    let lines = try predict("--input", folder.file("in.txt"))
    let answers = try ofLines(["a good film", "", "very bad"])
    #expect(
      lines.output
        == "text,prediction,probability_negative,probability_positive\n"
        + zip(["a good film", "", "very bad"], answers).map { (text, answer) -> String in
          "\(text),\(answer.label),\(answer.probabilities.joined(separator: ","))\n"
        }.joined())
    try folder.write("a.txt", "a good\nfilm")
    try folder.write("b.txt", "very bad")
    let files = try predict(
      "--format", "file", "--input", folder.file("a.txt"), folder.file("b.txt"))
    let found = files.output.split(separator: "\n").map { (line: Substring) -> String in
      line.split(separator: ",")[0...1].joined(separator: ",")
    }
    let expected: [String] = [
      "file,prediction", "\(folder.file("a.txt")),\(answers[0].label)",
      "\(folder.file("b.txt")),\(answers[2].label)",
    ]
    #expect(found == expected)

    // A folder is its files, by name.
    try FileManager.default.createDirectory(
      atPath: folder.file("texts/more"), withIntermediateDirectories: true)
    expectFailure(
      try predict("--format", "file", "--input", folder.file("texts")), saying: "has no files")
    try folder.write("texts/b.txt", "very bad")
    try folder.write("texts/a.txt", "a good\nfilm")
    try folder.write("texts/.hidden", "very bad")
    let ofFolder = try predict("--format", "file", "--input", folder.file("texts"))
    #expect(
      ofFolder.output == files.output.replacing(folder.path, with: folder.file("texts")),
      "\(ofFolder.errors)")
  }

  @Test("sentences as arguments are lines; a file's name is not a sentence")
  func arguments() throws {
    let lines = try predict(input: "a good film\nbad\n")
    #expect(try predict("a good film", "bad").output == lines.output)
    try folder.write("in.csv", Self.csv)
    expectFailure(try predict(folder.file("in.csv")), saying: "did you mean --input")
  }

  @Test("pairs: two columns are what a line with a tab is")
  func pairs() throws {
    try folder.write("in.csv", "b,a\nthe film,good\n\"very , bad\",a film\n")
    let rows = try predict("--input", folder.file("in.csv"), "--text", "a", "--text", "b")
    let lines = try predict("--pairs", "--json", input: "good\tthe film\na film\tvery , bad\n")
    let expected = try lines.output.split(separator: "\n").map {
      try JSONDecoder().decode(Line.self, from: Data($0.utf8))
    }
    let found = rows.output.split(separator: "\n").dropFirst().map {
      $0.split(separator: ",").suffix(3)
    }
    #expect(found.count == 2 && expected.count == 2)
    for (row, line) in zip(found, expected) {
      #expect(Array(row) == [line.label[...]] + line.probabilities.map { "\(Float($0))"[...] })
    }
  }

  @Test("a regression: its number")
  func regression() throws {
    let regression = try TinyModel(labels: ["LABEL_0"])
    try folder.write("in.tsv", "text\ngood film\nvery bad\n")
    let rows = try regression.retort(
      "predict", "--model", regression.path, "--input", folder.file("in.tsv"))
    let lines = try regression.retort(
      "predict", "--model", regression.path, input: "good film\nvery bad\n")
    let numbers = lines.output.split(separator: "\n")
    #expect(
      rows.output == "text\tprediction\ngood film\t\(numbers[0])\nvery bad\t\(numbers[1])\n",
      "\(rows.errors)")
  }

  @Test("answers come in the order of the rows, whatever their lengths, and over several windows")
  func order() throws {
    let words = TinyModel.words.dropFirst(5).filter { !$0.hasPrefix("##") }
    let texts = (0..<9000).map { row in
      (0..<(1 + row * 7 % 11)).map { words[(row / 9 + $0 * (row % 9 + 1)) % words.count] }
        .joined(separator: " ")
    }
    try folder.write("in.tsv", "n\ttext\n" + texts.enumerated().map { "\($0)\t\($1)\n" }.joined())
    let rows = try predict("--input", folder.file("in.tsv"), "--text", "text")
    let found = rows.output.split(separator: "\n").dropFirst().map { $0.split(separator: "\t") }
    #expect(found.map { String($0[1]) } == texts)
    let lines = try predict(input: texts.map { "\($0)\n" }.joined()).output.split(separator: "\n")
    #expect(found.map { $0[2] } == lines.map { $0.split(separator: "\t")[0] })
  }

  @Test("a model named as RUN#STAGE reads the columns of its task")
  func stageTask() throws {
    let definition = try String(
      contentsOfFile: "\(TinyExperiment.repository)/Experiments/quickstart.yaml", encoding: .utf8
    ).replacing(
      "    generated: { grammar: film_reviews, train: 4000, dev: 2000, test: 0, seed: 12 }",
      with: "    { files: { train: train.csv, dev: train.csv }, text: review, label: stars }")
    try folder.write("d.yaml", definition)
    let rows = (0..<16).map {
      "\($0),the film is \($0 % 2 == 0 ? "good" : "bad") \($0),\($0 % 2)\n"
    }
    try folder.write("train.csv", "id,review,stars\n" + rows.joined())
    let sizes = TinyExperiment.sizes.filter { !$0.hasPrefix("tasks.") && !$0.contains("baselines") }
    let run = try RetortProcess.run(
      ["run", folder.file("d.yaml"), "--runs", folder.file("Runs"), "--set", "baselines=[]"]
        + sizes.flatMap { ["--set", $0] }, environment: model.environment)
    try #require(run.status == 0, "\(run.errors)")
    for name in [folder.file("Runs/quickstart"), folder.file("Runs/quickstart/record.json")] {
      let result = try RetortProcess.run(
        ["predict", "--model", "\(name)#sentiment", "--input", folder.file("train.csv")],
        environment: model.environment)
      #expect(result.status == 0, "\(result.errors)")
      #expect(
        result.output.hasPrefix(
          "id,review,stars,prediction,probability_0,probability_1\n0,the film is good 0,0,"))
    }
    try folder.write("other.csv", "id,text,stars\n1,a,b\n")
    let other = try RetortProcess.run(
      [
        "predict", "--model", folder.file("Runs/quickstart") + "#sentiment", "--input",
        folder.file("other.csv"),
      ], environment: model.environment)
    expectFailure(
      other, saying: "It has id, text, stars; the task sentiment has its texts in review")
  }

  @Test("nothing is replaced unasked, nor lost in a failure")
  func output() throws {
    try folder.write("in.csv", Self.csv)
    let (input, out) = (folder.file("in.csv"), folder.file("out.csv"))
    try folder.write("out.csv", "old")
    expectFailure(
      try predict("--input", input, "--text", "review", "--out", out), saying: "--force")
    #expect(try read("out.csv") == "old")
    try folder.write("broken.csv", Self.csv + "4,\"x\n")
    let broken = try predict(
      "--input", folder.file("broken.csv"), "--text", "review", "--out", out, "--force")
    expectFailure(broken, saying: "broken.csv:6:3: this quotation mark is never closed")
    #expect(try read("out.csv") == "old")
    #expect(try folder.names().allSatisfy { !$0.hasSuffix(".tmp") })
    expectFailure(
      try predict("--input", input, "--text", "review", "--out", input, "--force"),
      saying: "is read too")
    expectFailure(
      try predict("--input", input, "--text", "review", "--out", folder.file("none/out.csv")),
      saying: "create the folder first")
    let forced = try predict("--input", input, "--text", "review", "--out", out, "--force")
    #expect(forced.status == 0)
    #expect(try read("out.csv").hasPrefix("id,review,stars,prediction,"))
  }

  @Test("what is wrong with columns, rows and formats")
  func mistakes() throws {
    try folder.write("in.csv", Self.csv)
    let input = folder.file("in.csv")
    expectFailure(
      try predict("--input", input), saying: "which column has the texts? It has id, review, stars")
    let both = try predict("--input", input, "--text", "reviews", "--text", "star")
    #expect(both.status == 1)
    #expect(both.errorLines.count == 2)
    #expect(both.errors.contains("did you mean 'review'?"))
    #expect(both.errors.contains("did you mean 'stars'?"))
    expectFailure(
      try predict("--input", input, "--text", "review", "--out-format", "tsv"),
      saying: "in.csv:3: a field of TSV cannot contain a tab or a line feed, and 'review' does")
    try folder.write("semicolon.csv", "text;stars\na;1\n")
    let semicolon = folder.file("semicolon.csv")
    expectFailure(
      try predict("--input", semicolon), saying: "the header has ';' 1 time: is that the separator?"
    )
    expectFailure(
      try predict("--input", semicolon, "--text", "text"), saying: "is that the separator?")
    try folder.write("taken.csv", "text,prediction\na,b\n")
    expectFailure(
      try predict("--input", folder.file("taken.csv"), "--text", "text"), saying: "--prefix")
    let sheet = try predict("--input", input, "--text", "review", "--out", folder.file("o.xlsx"))
    #expect(sheet.status == 64 && sheet.errors.contains("found .xlsx"), "\(sheet.errors)")
    expectFailure(try predict("--input", "in.xlsx"), saying: "is a spreadsheet; save it as CSV")
    try folder.write("later.jsonl", "{\"text\": \"a\"}\n{\"text\": \"a\", \"prediction\": 1}\n")
    expectFailure(
      try predict("--input", folder.file("later.jsonl")), saying: "later.jsonl:2", "--prefix")
    try folder.write("more.jsonl", "{\"text\": \"a\"}\n{\"text\": \"a\", \"id\": 1}\n")
    let more = folder.file("more.jsonl")
    expectFailure(
      try predict("--input", more, "--out-format", "csv"), saying: "more.jsonl:2",
      "no key 'id'")
    #expect(try predict("--input", more).output.contains("{\"text\": \"a\", \"prediction\": "))
    #expect(try predict("--input", more).output.hasSuffix(", \"id\": 1}\n"))
    try folder.write("none.jsonl", "{\"text\": \"a\"}\n{\"text\": null}\n")
    expectFailure(
      try predict("--input", folder.file("none.jsonl")),
      saying: "none.jsonl:2: expected text or a number for 'text', found null")
    expectFailure(
      try predict(
        "--input", Fixture.path(of: "parquet/nested.parquet"), "--text", "words"),
      saying: "--text words: in", "it is a list")
    expectFailure(try predict("--input", "in.dat"), saying: "otherwise write --format")
    let usage = try predict(
      "--input", input, "--json", "--pairs", "--out", folder.file("x.parquet"))
    #expect(usage.status == 64)
    for part in ["--out-format jsonl", "--text FIRST --text SECOND", "Parquet is only read"] {
      #expect(usage.errors.contains(part), "\(usage.errors)")
    }
  }

  @Test("what is not UTF-8 is an error with its place, or replaced and counted")
  func invalidUTF8() throws {
    let path = folder.file("in.csv")
    try (Data("text,n\ngood ".utf8) + [0xFF] + Data("film,1\n".utf8))
      .write(to: URL(fileURLWithPath: path))
    expectFailure(
      try predict("--input", path, "--text", "text"),
      saying: "in.csv:2:6: invalid UTF-8 at byte 12")
    let replaced = try predict("--input", path, "--text", "text", "--invalid-utf8", "replace")
    #expect(replaced.output.contains("\ngood \u{FFFD}film,1,"))
    #expect(replaced.errorLines == ["1 line was not UTF-8; U+FFFD stands for what was malformed"])
  }
}
