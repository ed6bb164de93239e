// Tasks of the user's own files, from the definition to the record.
import Foundation
import RetortDistillation
import RetortEvaluation
import RetortFiles
import RetortRecords
import RetortReporting
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Tasks of files")
struct FileTaskTests {
  /// Three classes of twelve sentences each, in an order of no meaning, and a copy of the first.
  private static let rows: [(text: String, label: String)] = {
    let words = [("cold", "bad"), ("hot, dry", "good"), ("\"mild\"", "so so")]
    let places = [
      "street", "kitchen", "garden", "lake", "market", "harbour", "attic", "valley", "hill", "barn",
      "hall", "field",
    ]
    let all = places.flatMap { place in words.map { ("the \(place) is \($0.0)", $0.1) } }
    return all + [all[0]]
  }()

  private static func csv(_ rows: [(text: String, label: String)], labels: Bool = true) -> String {
    (labels ? "id,review,stars\r\n" : "id,review\r\n")
      + rows.enumerated().map { place, row in
        "\(place),\"\(row.text.replacing("\"", with: "\"\""))\"" + (labels ? ",\(row.label)" : "")
          + "\r\n"
      }.joined()
  }

  /// A definition whose task is `task`, in a folder of its own below the working directory of nobody.
  private static func experiment(
    _ task: String, _ files: [String: String]
  ) throws -> SmallExperiment {
    let experiment = try SmallExperiment(
      SmallExperiment.text.replacing(
        "    generated: { grammar: film_reviews, train: 24, dev: 20, test: 6, seed: 12 }",
        with: task))
    for (name, text) in files { try experiment.folder.write(name, text) }
    return experiment
  }

  private static let fractionTask = """
        files: { train: train.csv, test: test.csv }
        text: review
        label: stars
        dev: { fraction: 0.25, seed: 4 }
        metrics: [accuracy, f1_macro]
    """

  @Test("a run: three classes, a development set of the training file, a test set without labels")
  func run() throws {
    let experiment = try Self.experiment(
      Self.fractionTask,
      [
        "train.csv": Self.csv(Self.rows),
        "test.csv": Self.csv(Array(Self.rows.prefix(5)), labels: false),
      ])
    let run = try experiment.run(
      experiment.request(stages: ["sentiment"], overrides: ["stages.sentiment.limit={ epochs: 2 }"])
    )
    let stage = try #require(run.record.stages.last)
    let dev = try #require(run.record.data.first { $0.name == "sentiment dev" })
    let train = try #require(run.record.data.first { $0.name == "sentiment train" })
    #expect(train.examples + dev.examples == 37 && (9...10).contains(dev.examples))
    #expect(Set(dev.balance.keys) == ["bad", "good", "so so"])
    let labels = try #require(dev.labels?.labels)
    #expect(stage.epochs.count == 2)
    for (epoch, evaluation) in zip(stage.epochs, stage.evaluations) {
      let answers = Answers(
        predictions: try #require(evaluation.predictions?.labels), labels: labels)
      #expect(epoch.metrics?["f1_macro"] == MacroF1.value(of: answers))
      #expect(epoch.correct == answers.correct)
    }
    #expect(run.record.experiment.seeds["tasks.sentiment"] == 4)
    let predictions = try String(
      contentsOfFile: "\(run.folder)/predictions/sentiment-test.tsv", encoding: .utf8)
    let lines = predictions.split(separator: "\n")
    #expect(lines.count == 6 && lines[0] == "index\tprediction")
    for line in lines.dropFirst() {
      #expect(["bad", "good", "so so"].contains(line.split(separator: "\t")[1]))
    }
    #expect(run.record.summary().contains("Macro F1"))
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)

    // Another path and another list of metrics are the same data: the stages are found again.
    try experiment.folder.write("other/train.csv", Self.csv(Self.rows))
    let count = experiment.cachedStages.count
    _ = try experiment.run(
      experiment.request(
        runs: "Runs2", stages: ["sentiment"],
        overrides: [
          "stages.sentiment.limit={ epochs: 2 }", "tasks.sentiment.files.train=other/train.csv",
          "tasks.sentiment.metrics=[accuracy]",
        ]))
    #expect(experiment.cachedStages.count == count)

    // A metric that is asked for later has its values too, those of a run that computes it.
    let later = [
      "stages.sentiment.limit={ epochs: 2 }", "tasks.sentiment.metrics=[matthews_correlation]",
    ]
    let found = try experiment.run(
      experiment.request(runs: "Runs3", stages: ["sentiment"], overrides: later))
    #expect(experiment.cachedStages.count == count)
    let foundStage = try #require(found.record.stages.last)
    #expect(foundStage.epochs.allSatisfy { $0.metrics?.names == ["matthews_correlation"] })
    for (epoch, evaluation) in zip(foundStage.epochs, foundStage.evaluations) {
      let answers = Answers(
        predictions: try #require(evaluation.predictions?.labels), labels: labels)
      #expect(epoch.metrics?["matthews_correlation"] == MatthewsCorrelation.value(of: answers))
    }
  }

  private static let pairTask = """
        files: { train: pairs.tsv, dev: pairs.tsv, test: pairs.tsv }
        text: [premise, hypothesis]
        label: follows
    """

  private static let pairs =
    "hypothesis\tpremise\tfollows\n"
    + ["film", "plot", "cast", "score"].map {
      "the \($0) is good\ta very good and funny \($0)\tyes\n"
        + "the \($0) is bad\ta bright \($0) , not bad\tno\n"
    }.joined()

  @Test("pairs: a BERT is fine-tuned on them, teaches a DistilBERT, and predicts the test set")
  func pairs() throws {
    let text = SmallExperiment.taughtText.replacing(
      "    generated: { grammar: film_reviews, train: 24, dev: 20, test: 6, seed: 12 }",
      with: Self.pairTask)
    let experiment = try SmallExperiment(text)
    try experiment.folder.write("pairs.tsv", Self.pairs)
    let run = try experiment.run(experiment.request(stages: ["judge", "taught"]))
    let dev = try #require(run.record.data.first { $0.name == "sentiment dev" })
    #expect(dev.examples == 8 && dev.balance == ["yes": 4, "no": 4])
    let judge = try #require(run.record.stages.first { $0.id == "judge" })
    #expect(judge.epochs.count == 2)
    for name in ["judge", "taught"] {
      let lines = try String(
        contentsOfFile: "\(run.folder)/predictions/\(name)-test.tsv", encoding: .utf8
      ).split(separator: "\n")
      #expect(lines.count == 9)
    }
    let loaded = try LoadedDefinition.load(
      path: experiment.definition,
      context: DefinitionContext(
        locations: experiment.locations, definitionPath: experiment.definition))
    #expect(loaded.definition.canonicalText.contains("text: [premise, hypothesis]"))
    let explanation = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues, look: { _ in .absent }
    ).text
    #expect(explanation.contains("pairs: [CLS] premise [SEP] hypothesis [SEP]; where there is"))
    #expect(explanation.contains("stays exact, except for the second text of a pair"))

    // The other order is other data, and another result; BERT also tells the texts apart by their types.
    let turned = try experiment.run(
      experiment.request(
        runs: "Runs2", stages: ["judge"],
        overrides: ["tasks.sentiment.text=[hypothesis, premise]"]))
    let other = try #require(turned.record.stages.first { $0.id == "judge" })
    #expect(other.epochs.map(\.validationLoss) != judge.epochs.map(\.validationLoss))
    let single = try experiment.run(
      experiment.request(
        runs: "Runs3", stages: ["judge"], overrides: ["tasks.sentiment.text=premise"]))
    #expect(
      try #require(single.record.data.first { $0.name == "sentiment dev" }).tokens
        < dev.tokens)
  }

  @Test("the definition: canonical text, digests, explanation")
  func definition() throws {
    let files = [
      "train.csv": Self.csv(Self.rows),
      "dev.jsonl": "{\"review\": \"a film\", \"stars\": \"good\"}\n",
    ]
    let experiment = try Self.experiment(
      """
          files: { train: train.csv, dev: dev.jsonl }
          text: review
          label: stars
          classes: [good, so so, bad]
      """, files)
    let loaded = try experiment.loadedAndReadAgain()
    #expect(loaded.definition.canonicalText.contains("classes: [good, \"so so\", bad]"))
    guard case .files(let task) = loaded.definition.taskSources[0] else {
      Issue.record("no task of files")
      return
    }
    #expect(task.classNames == ["good", "so so", "bad"])
    #expect(task.foundClasses == ["bad", "good", "so so"])
    let explanation = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues, look: { _ in .absent }
    ).text
    #expect(explanation.contains("classes, in the order of their numbers: good, so so, bad\n"))
    let locations = experiment.locations.startingFrom(definition: experiment.definition)
    let digest: (String) throws -> String = { extra in
      var other = task
      if extra == "classes" { other.writtenClasses = ["bad", "so so", "good"] }
      if extra == "metrics" { other.metricNames = ["f1_macro"] }
      if extra == "column" { other.columns.label = "id" }
      return try other.digest(in: locations)
    }
    try experiment.folder.write(
      "dev.jsonl", "{\"review\": \"x\", \"stars\": \"good\", \"id\": \"good\"}\n")
    #expect(try digest("metrics") == digest(""))
    #expect(try digest("classes") != digest(""))
  }

  /// What is wrong with a definition, without the folder's path.
  private func mistakes(
    _ task: String, _ files: [String: String] = ["train.csv": csv(rows), "dev.csv": csv(rows)]
  ) throws -> [String] {
    let experiment = try Self.experiment(task, files)
    let context = DefinitionContext(
      locations: experiment.locations, definitionPath: experiment.definition)
    do {
      _ = try LoadedDefinition.load(path: experiment.definition, context: context)
    } catch {
      let lines = "\(error)".split(separator: "\n").map { line -> String in
        let text = line.replacing("\(experiment.folder.path)/", with: "")
        return String(text.drop { $0 != " " }.dropFirst())
      }
      return lines
    }
    return []
  }

  @Test("what is wrong with a task is said where it is read, and once")
  func mistakes() throws {
    func task(_ changes: String...) -> String {
      (["files: { train: train.csv, dev: dev.csv }", "text: review", "label: stars"] + changes)
        .map { "    \($0)\n" }.joined()
    }
    #expect(try mistakes(task()) == [])
    #expect(
      try mistakes("    files: { train: train.csv }\n    text: review\n    label: stars\n") == [
        "tasks.sentiment: expected a development set: files.dev, or dev with a fraction, found neither"
      ])
    #expect(
      try mistakes(task("dev: { fraction: 0.1 }")) == [
        "tasks.sentiment: expected a development set: files.dev, or dev with a fraction, found both"
      ])
    #expect(
      try mistakes(task().replacing("dev.csv", with: "dev.txt")) == [
        "tasks.sentiment.format: expected csv or tsv or jsonl or parquet, found nothing, and 'dev.txt' does not end in one of them"
      ])
    #expect(
      try mistakes(task().replacing("stars", with: "star")) == [
        "tasks.sentiment: train.csv: no column 'star'; did you mean 'stars'?"
      ])
    #expect(
      try mistakes(task("classes: [good, bad]")).first
        == "tasks.sentiment: train.csv:4: expected one of the classes good, bad, found 'so so'")
    #expect(
      try mistakes(task("classes: [good]")) == [
        "tasks.sentiment.classes: expected two classes or more, found a list of 1"
      ])
    #expect(
      try mistakes(task("metrics: [accuracy, f1_makro]")).first
        == "tasks.sentiment.metrics.1: expected accuracy or f1_macro or f1 or matthews_correlation or pearson or "
        + "spearmanr, found "
        + "'f1_makro'; did you mean 'f1_macro'?"
    )
    #expect(
      try mistakes(task("metrics: [f1]")) == [
        "tasks.sentiment.metrics: f1 needs 2 classes; the task has 3; take it out, or use f1_macro or "
          + "matthews_correlation"
      ])
    #expect(
      try mistakes(
        task(), ["train.csv": "review,stars\na,1\nb,1\n", "dev.csv": "review,stars\na,1\n"]) == [
          "tasks.sentiment: train.csv: expected two classes or more in 'stars', found 1"
        ])
    #expect(try mistakes(task().replacing("text: review", with: "text: [a, b]")).count == 2)
    // A training set that is there has the others beside it.
    let train = ["train.csv": Self.csv(Self.rows)]
    #expect(try mistakes(task(), train) == ["tasks.sentiment: dev.csv: no such file"])
    #expect(
      try mistakes(task(), train.merging(["dev.csv": "review,stars\na,fair\n"]) { $1 }) == [
        "tasks.sentiment: dev.csv:2: expected one of the classes bad, good, so so, found 'fair'"
      ])
    #expect(
      try mistakes(
        task().replacing("dev: dev.csv", with: "dev: dev.csv, test: test.csv"),
        train.merging(["dev.csv": Self.csv(Self.rows), "test.csv": "stars\n1\n"]) { $1 }
      ) == ["tasks.sentiment: test.csv: no column 'review'; possible here: stars"])
    // What is not at hand is said by the run.
    #expect(try mistakes(task(), [:]) == [])
  }

  @Test("a task of a Parquet file: its rows, its classes, its digest")
  func parquet() throws {
    let experiment = try Self.experiment(
      """
          files: { train: train.parquet, test: test.parquet }
          text: text
          label: label
          dev: { fraction: 0.25, seed: 4 }
      """, [:])
    for name in ["train", "test"] {
      try FileManager.default.copyItem(
        atPath: Fixture.path(of: "parquet/fallback.parquet"),
        toPath: experiment.folder.file("\(name).parquet"))
    }
    let loaded = try LoadedDefinition.load(
      path: experiment.definition,
      context: DefinitionContext(
        locations: experiment.locations, definitionPath: experiment.definition))
    let source = ResolvedPlan(loaded.definition).stages.compactMap(\.task).first
    guard case .files(let task) = source else {
      Issue.record("no task of files")
      return
    }
    #expect(task.classNames == ["0", "1", "2"])
    let locations = experiment.locations.startingFrom(definition: experiment.definition)
    let tables = try task.read(in: locations)
    #expect(tables.train.count + tables.dev.count == 600 && tables.test?.count == 600)
    #expect(tables.test?.texts[151] == "text number 1 of the film")
    #expect(tables.test?.labels == nil, "those of a test set are not used")
    #expect(try task.digest(in: locations).count == 64)
  }

  @Test("a metric that cannot be had of so many classes cannot choose the epoch")
  func selection() throws {
    let experiment = try Self.experiment(
      Self.fractionTask, ["train.csv": Self.csv(Self.rows), "test.csv": Self.csv(Self.rows)])
    func load(_ metric: String) throws {
      _ = try LoadedDefinition.load(
        path: experiment.definition, overrides: ["stages.sentiment.select_best=\(metric)"],
        context: DefinitionContext(
          locations: experiment.locations, definitionPath: experiment.definition))
    }
    try load("matthews_correlation")
    let error = #expect(throws: (any Error).self) { try load("f1") }
    let text = error.map { "\($0)" } ?? ""
    #expect(
      text.contains(
        "stages.sentiment.select_best: f1 needs 2 classes; the task has 3; use f1_macro")
        || text.contains(
          "stages.sentiment.select_best f1 needs 2 classes; the task has 3; use f1_macro"),
      "\(text)")
  }

  @Test(
    "a fraction that leaves nothing on one side is said before the first stage",
    arguments: [0.001, 0.999])
  func emptySide(fraction: Double) throws {
    let experiment = try Self.experiment(
      """
          files: { train: train.csv }
          text: review
          label: stars
          dev: { fraction: \(fraction) }
      """, ["train.csv": Self.csv(Self.rows)])
    let error = #expect(throws: (any Error).self) { try experiment.run(experiment.request()) }
    #expect(
      "\(error.map { "\($0)" } ?? "")".contains("tasks.sentiment.dev.fraction: expected some"))
    #expect(experiment.cachedStages.isEmpty)
  }

  @Test("wrong rows and missing files are said before the first stage")
  func beforeTheFirstStage() throws {
    let task = """
          files: { train: train.csv, dev: dev.csv }
          text: review
          label: stars
      """
    try expectRefusal(task, dev: nil, saying: "dev.csv: no such file")
    try expectRefusal(
      task, dev: "review,stars\nx,bad\ny,worse\n",
      saying: "dev.csv:3: expected one of the classes bad, good, so so, found 'worse'")
  }

  private func expectRefusal(_ task: String, dev: String?, saying text: String) throws {
    var files = ["train.csv": Self.csv(Self.rows)]
    if let dev { files["dev.csv"] = dev }
    let experiment = try Self.experiment(task, files)
    let error = #expect(throws: (any Error).self) { try experiment.run(experiment.request()) }
    let description = error.map { "\($0)" } ?? ""
    #expect(description.contains(text), "\(description)")
    #expect(experiment.cachedStages.isEmpty)
  }
}
