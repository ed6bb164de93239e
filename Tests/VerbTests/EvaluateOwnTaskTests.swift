// `retort evaluate` on tasks of one's own, and where texts are cut.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@Suite struct EvaluateOwnTaskTests {
  private let experiment: TinyExperiment
  private let definition: String

  /// Texts whose label follows from their last word, which a sequence of seven tokens does not reach in every other one.
  private static func csv(_ count: Int) -> String {
    "text,label\n"
      + (0..<count).map { row in
        let isGood = row % 3 != 0
        let rest =
          row % 2 == 0
          ? "" : "that we saw in the old cinema of the town and liked to talk about is "
        return "the film \(rest)\(isGood ? "great" : "dull"),\(isGood ? "good" : "bad")\n"
      }.joined()
  }

  init() throws {
    experiment = try TinyExperiment()
    let folder = experiment.folder
    for (name, count) in [("train.csv", 96), ("dev.csv", 40), ("test.csv", 31)] {
      try folder.write(name, Self.csv(count))
    }
    let given = try String(
      contentsOfFile: "\(TinyExperiment.repository)/Experiments/quickstart.yaml", encoding: .utf8)
    let lines = given.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasPrefix("  sentiment:") })
    let end = try #require(lines[(start + 1)...].firstIndex { $0.hasPrefix("    generated:") })
    let own = [
      "  sentiment:", "    files: { train: train.csv, dev: dev.csv, test: test.csv }",
      "    text: text", "    label: label", "    metrics: [accuracy, f1_macro]",
    ]
    let text = lines[..<start] + own.map { $0[...] } + lines[(end + 1)...]
    try folder.write("own.yaml", text.joined(separator: "\n"))
    definition = folder.file("own.yaml")
  }

  private func retort(_ arguments: [String]) throws -> RetortProcess {
    try RetortProcess.run(arguments, environment: experiment.environment())
  }

  private func run(_ more: String...) throws -> RetortProcess {
    let sizes = TinyExperiment.sizes.filter { !$0.hasPrefix("tasks.") }
    return try retort(
      ["run", definition, "--runs", experiment.folder.file("Runs"), "--stage", "sentiment"]
        + (sizes + ["stages.sentiment.sequence_length=7"] + more).flatMap { ["--set", $0] })
  }

  @Test func aModelIsEvaluatedOnItsOwnTask() throws {
    let made = try run()
    #expect(made.status == 0, "\(made.errors)")
    let model = "\(experiment.runFolder)#sentiment"
    func figures(_ arguments: String...) throws -> [String: Any] {
      let result = try retort(["evaluate", "--model", model, "--json"] + arguments)
      #expect(result.status == 0, "\(result.errors)")
      return try #require(
        JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    }
    let record = try #require(
      JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(fileURLWithPath: "\(experiment.runFolder)/record.json")))
        as? [String: Any])
    let stages = try #require(record["stages"] as? [[String: Any]])
    let stage = try #require(stages.first { $0["id"] as? String == "sentiment" })
    let kept = try #require((stage["evaluations"] as? [[String: Any]])?.last)
    // The run's own figures, of texts cut at seven tokens.
    let own = try figures()
    #expect(own["correct"] as? Int == kept["correct"] as? Int)
    #expect(own["task"] as? String == "sentiment" && own["sentences"] as? Int == 40)
    #expect(own["classes"] as? [String] == ["bad", "good"])
    let named = try figures("--task", "\(definition)#sentiment")
    #expect(NSDictionary(dictionary: named) == NSDictionary(dictionary: own))
    let stageNamed = try figures("--task", model)
    #expect(NSDictionary(dictionary: stageNamed) == NSDictionary(dictionary: own))
    let longer = try figures("--max-length", "24")
    #expect(longer["loss"] as? Double != own["loss"] as? Double)
    // The test set is scored, for its file has the labels; its predictions are the run's.
    let answers = experiment.folder.file("answers.tsv")
    let test = try figures("--split", "test", "--predictions", answers)
    #expect(test["sentences"] as? Int == 31 && test["confusion"] != nil)
    let predicted = "\(experiment.runFolder)/predictions/sentiment-test.tsv"
    #expect(
      try String(contentsOfFile: answers, encoding: .utf8)
        == String(contentsOfFile: predicted, encoding: .utf8))
    let rows = try retort(
      ["predict", "--model", model, "--input", experiment.folder.file("test.csv")])
    let classes = rows.output.split(separator: "\n").dropFirst().map {
      String($0.split(separator: ",")[2])
    }
    let lines = try String(contentsOfFile: predicted, encoding: .utf8).split(separator: "\n")
    #expect(classes == lines.dropFirst().map { String($0.split(separator: "\t")[1]) })
  }

  @Test func aRunIsKnownFromEveryFolder() throws {
    let sizes = TinyExperiment.sizes.filter { !$0.hasPrefix("tasks.") }
    func retort(_ arguments: [String], in place: String = ".") throws -> RetortProcess {
      try RetortProcess.run(
        arguments, environment: experiment.environment(), folder: experiment.folder.file(place))
    }
    try experiment.folder.write(
      "project/Experiments/mine.yaml",
      String(contentsOfFile: definition, encoding: .utf8).replacing(
        "train.csv", with: "../train.csv"
      )
      .replacing("dev.csv", with: "../dev.csv").replacing("test.csv", with: "../test.csv"))
    for name in ["train", "dev", "test"] {
      try experiment.folder.write("project/\(name).csv", Self.csv(40))
    }
    try experiment.folder.write(
      "project/Experiments/references/sanh-2019.yaml",
      String(
        contentsOfFile: "\(TinyExperiment.repository)/Experiments/references/sanh-2019.yaml",
        encoding: .utf8))
    let chosen =
      ["--stage", "sentiment"]
      + (sizes + ["compare_with=[sanh-2019]"]).flatMap { ["--set", $0] }
    let made = try retort(["run", "Experiments/mine.yaml"] + chosen, in: "project")
    #expect(made.status == 0, "\(made.errors)")
    let own = try retort(["evaluate", "--model", "Runs/quickstart#sentiment"], in: "project")
    for (place, model) in [
      (".", "project/Runs/quickstart#sentiment"), ("project/Runs", "quickstart#sentiment"),
      ("project/data", "../Runs/quickstart#sentiment"),
    ] {
      try Folder.create(path: experiment.folder.file(place))
      let other = try retort(["evaluate", "--model", model], in: place)
      #expect(other.status == 0, "\(other.errors)")
      #expect(
        other.output.split(separator: "\n").dropFirst()
          == own.output.split(separator: "\n").dropFirst())
    }
    // So are the published figures that it is compared with.
    let shown = try retort(["show", "project/Runs/quickstart"])
    #expect(shown.status == 0 && !shown.errors.contains("not shown"), "\(shown.errors)")
    // Nor does it matter from where it is gone on with, or run again.
    let again = try retort(
      ["run", "mine.yaml", "--runs", "../Runs", "--resume"] + chosen, in: "project/Experiments")
    #expect(again.status == 0, "\(again.errors)")
    #expect(!again.errors.contains("another definition"))
    let moved = experiment.folder.file("project/Experiments/mine.yaml")
    try FileManager.default.moveItem(atPath: moved, toPath: experiment.folder.file("moved.yaml"))
    expectFailure(
      try retort(["evaluate", "--model", "Runs/quickstart#sentiment"], in: "project"),
      saying: "the paths of its task start from", "--task DEF.yaml#sentiment")
  }

  @Test func thatTheDataHaveChangedSinceTheRunIsSaid() throws {
    let made = try run()
    #expect(made.status == 0, "\(made.errors)")
    let evaluation = ["evaluate", "--model", "\(experiment.runFolder)#sentiment"]
    let words = "sentiment dev: its examples are no longer those that the run had"
    #expect(try !retort(evaluation).errors.contains(words))
    try experiment.folder.write("dev.csv", Self.csv(39))
    #expect(try retort(evaluation).errors.contains(words))
  }

  @Test func filesThatAreNotThereAreNamed() throws {
    let file = experiment.folder.file("dev.csv")
    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.removeItem(atPath: experiment.folder.file("train.csv"))
    let valid = try retort(["validate", definition])
    #expect(valid.output.contains("\(file) is not there"), "\(valid)")
    // Nor a task or weights that everybody knows.
    let known = try RetortProcess.run(
      [
        "validate",
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
          .deletingLastPathComponent().appendingPathComponent("Experiments/methods/pkd.yaml").path,
      ], environment: ["RETORT_CACHE": experiment.folder.file("empty"), "RETORT_MIRROR": ""])
    for missing in ["the weights of hub:google-bert/bert-base-uncased are", "glue/sst2 is"] {
      #expect(known.output.contains("\(missing) not there"), "\(known)")
    }
  }

  @Test func anAnswerInTheTextIsAMistake() throws {
    expectFailure(
      try retort(["validate", definition, "--set", "tasks.sentiment.label=text"]),
      saying: "tasks.sentiment.label: expected another column than those of the texts, found 'text'"
    )
  }

  @Test func aTestSetWithoutLabelsIsAnsweredAndNotScored() throws {
    let made = try run()
    #expect(made.status == 0, "\(made.errors)")
    try experiment.folder.write("test.csv", "text,label\nthe film is great,\nthe film is dull,\n")
    let result = try retort([
      "evaluate", "--model", "\(experiment.runFolder)#sentiment", "--task",
      "\(definition)#sentiment", "--split", "test",
    ])
    #expect(result.status == 0, "\(result.errors)")
    #expect(result.output.contains("this split has no labels"), "\(result.output)")
  }

  @Test func thatDevelopmentTextsAreLearnedFromIsSaid() throws {
    let words = "sentiment: 40 of 40 development texts are training texts too"
    #expect(try run().errors.contains(words))
    try experiment.folder.write("dev.csv", "text,label\na new film,good\nan old film,bad\n")
    #expect(try !run().errors.contains("are training texts too"))
    // Nor is it silent of classes of which there is nothing.
    try experiment.folder.write("dev.csv", "text,label\na new film,good\n")
    let other = try run("tasks.sentiment.classes=[bad, good, fair]")
    #expect(other.errors.contains("sentiment: no training example of fair\n"), "\(other.errors)")
    #expect(other.errors.contains("sentiment: no development example of bad, fair\n"))
  }

  @Test func aTaskMayHaveMoreClassesThanDigitsAndLetters() throws {
    for (name, count) in [("train.csv", 160), ("dev.csv", 80), ("test.csv", 40)] {
      let rows = (0..<count).map { "the film number \($0 % 40),\($0 % 40)\n" }.joined()
      try experiment.folder.write(name, "text,label\n" + rows)
    }
    let made = try run()
    #expect(made.status == 0, "\(made.errors)")
    let shown = try retort(["show", experiment.runFolder])
    #expect(shown.status == 0 && made.output.hasPrefix(shown.output), "\(shown.errors)")
    let own = try retort(["evaluate", "--model", "\(experiment.runFolder)#sentiment"])
    #expect(own.status == 0 && own.output.contains("on sentiment dev: 80 "), "\(own.errors)")
  }

  @Test func whatIsNoTaskIsSaid() throws {
    let model = try TinyModel(labels: ["bad", "good"])
    func evaluate(_ arguments: String...) throws -> RetortProcess {
      try retort(["evaluate", "--model", model.path] + arguments)
    }
    expectFailure(
      try evaluate("--task", "glue/sst3"), saying: "'glue/sst3': expected a built-in task",
      "did you mean 'glue/sst2'?")
    expectFailure(
      try evaluate("--task", "\(definition)#sentimend"), saying: "no stage is fine-tuned on a task",
      "did you mean 'sentiment'?")
    expectFailure(
      try evaluate("--task", "none.yaml#a"), saying: "none.yaml")
    #expect(try evaluate().status == 64)
    expectFailure(
      try evaluate("--task", experiment.folder.file("test.csv")),
      saying: "write it in a definition under files: { test: … }")
    expectFailure(
      try evaluate("--task", "\(definition)#sentiment", "--predictions", "p.csv"),
      saying: "--predictions p.csv: is written with tabs")
    try experiment.folder.write("test.csv", "text,label\na,good\nb,fair\n")
    expectFailure(
      try evaluate("--task", "\(definition)#sentiment", "--split", "test"),
      saying: "test.csv:3: expected one of the classes bad, good, found 'fair'")
  }

  @Test func thatAnotherFinishedRunIsReplacedIsSaid() throws {
    let words = "another finished run that was in"
    #expect(try run().errors.contains(words) == false)
    #expect(try run().errors.contains(words) == false, "the same run is no other")
    let other = try run("stages.sentiment.limit.epochs=2")
    #expect(other.status == 0 && other.errors.contains(words), "\(other.errors)")
    #expect(other.errors.contains("limit.epochs was 3, is 2"))
    // Nor is the record of other data lost.
    let kept = "\(experiment.runFolder)/earlier/record-2.json"
    let record = try Data(contentsOf: URL(fileURLWithPath: "\(experiment.runFolder)/record.json"))
    try experiment.folder.write("train.csv", Self.csv(80))
    let changed = try run("stages.sentiment.limit.epochs=2")
    #expect(
      changed.status == 0
        && changed.errors.contains("other data, weights or another program for sentiment"),
      "\(changed.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: kept)) == record)
  }
}
