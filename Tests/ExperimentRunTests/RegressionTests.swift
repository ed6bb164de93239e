// Regressions on files of the user's own, from the definition to the page and the exported model.
import Foundation
import RetortDistillation
import RetortFiles
import RetortRecords
import RetortReporting
import RetortTestSupport
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Regressions")
struct RegressionTests {
  private static let task = """
        files: { train: train.csv, dev: dev.csv, test: test.csv }
        text: review
        label: stars
        kind: regression
    """

  /// Texts whose number follows from a word.
  private static func csv(_ count: Int, labels: Bool = true) -> String {
    let words = ["dull", "fine", "good", "great"]
    return (labels ? "review,stars\n" : "review\n")
      + (0..<count).map { row in
        "the \(words[row % 4]) film \(row)" + (labels ? ",\(Double(row % 4) / 2 - 0.25)" : "")
          + "\n"
      }.joined()
  }

  private static let files = [
    "train.csv": csv(24), "dev.csv": csv(12), "test.csv": csv(3, labels: false),
  ]

  private static func experiment(
    _ task: String = task, _ files: [String: String] = files, ending: String = ""
  ) throws -> SmallExperiment {
    let experiment = try SmallExperiment(
      SmallExperiment.text.replacing(
        "    generated: { grammar: film_reviews, train: 24, dev: 20, test: 6, seed: 12 }",
        with: task
      ).replacing("baselines: [no_distillation, mlm_only, teacher]\n", with: ending))
    for (name, text) in files { try experiment.folder.write(name, text) }
    return experiment
  }

  @Test("a CSV to a page: no classes on it, intervals of the bootstrap, the record read back")
  func page() throws {
    let experiment = try Self.experiment(
      ending: "baselines: [no_distillation]\ntime_inference: { passes: 1 }\n")
    let run = try experiment.run(experiment.request())
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)
    #expect(run.record.measured.timings.count == 2)
    let stage = try #require(run.record.stages.first { $0.id == "sentiment" })
    #expect(stage.best?.byAccuracy == nil && stage.keptEvaluation?.count == 12)
    let lines = try String(
      contentsOfFile: "\(run.folder)/predictions/sentiment-test.tsv", encoding: .utf8
    ).split(separator: "\n")
    #expect(lines.count == 4)
    for line in lines.dropFirst() { #expect(Float(line.split(separator: "\t")[1]) != nil) }

    let results = ResultsFolder(
      path: experiment.folder.file("Results"), references: experiment.folder.file("references"))
    try results.add(record: run.record)
    let pages = try results.render()
    let page = try #require(pages["small.md"])
    let header = try #require(page.split(separator: "\n").first { $0.contains("| Epoch mean |") })
    #expect(
      header.split(separator: "|").dropFirst(4).map { $0.trimmingCharacters(in: .whitespaces) }
        == ["Epoch mean", "Pearson", "95 % interval", "Spearman", "95 % interval", "Best by"])
    #expect(page.contains("The losses are mean squared errors."))
    #expect(page.contains("Intervals are those of the bootstrap over the 12 examples."))
    let headline = try #require(page.split(separator: "\n").first { $0.hasPrefix("The distilled") })
    #expect(headline.contains("on 12 examples: Pearson ") && headline.contains("; Spearman "))
    #expect(page.contains("## Models compared on sentiment dev"))
    let compared = try #require(
      page.split(separator: "\n").first { $0.contains("Size |") && $0.contains(" Inference, ") })
    #expect(compared.contains(" Pearson |") && compared.contains(" Spearman |"))
    let index = try #require(pages["README.md"])
    #expect(index.contains("Pearson "))
    for word in ["ccuracy", "Correct", "Wilson", "McNemar", "Cross-entropy"] {
      #expect(!page.contains(word), "\(word)")
    }
    // A curve of two points has a picture.
    var longer = run.record
    let last = try #require(longer.stages.firstIndex { $0.id == "sentiment" })
    let point = try #require(longer.stages[last].curve.points.last)
    longer.stages[last].curve.points.append(.init(step: point.step + 1, total: 0.5))
    try results.add(record: longer)
    let picture = try #require(results.render()["small-finetune-loss.svg"])
    #expect(picture.contains("Mean squared error") && !picture.contains("Cross-entropy"))
  }

  @Test("stopped and gone on with, it ends with the same bits; a metric of numbers chooses")
  func resumes() throws {
    let experiment = try Self.experiment()
    let overrides = [
      "stages.sentiment.select_best=pearson", "stages.sentiment.limit={ epochs: 3 }",
    ]
    let whole = try experiment.run(
      experiment.request(runs: "Whole", overrides: overrides), RunOnlooker())
    let other = try Self.experiment()
    let onlooker = RunOnlooker()
    onlooker.stopsAfter = 4 + 4 + 4  // in the second epoch
    #expect(throws: (any Error).self) {
      try other.run(other.request(runs: "Whole", overrides: overrides), onlooker)
    }
    let resumed = try other.run(
      other.request(runs: "Whole", resumes: true, overrides: overrides), RunOnlooker())
    #expect(resumed.observer.resumedAt["sentiment"] == 4)
    #expect(resumed.record.stages == whole.record.stages)
    #expect(whole.record.stages.last?.best?.rule == "pearson")
  }

  /// What is said of a definition, without its place.
  private func mistakes(_ task: String, _ overrides: [String] = []) throws -> [String] {
    let experiment = try Self.experiment(task)
    let context = DefinitionContext(
      locations: experiment.locations, definitionPath: experiment.definition)
    do {
      _ = try LoadedDefinition.load(
        path: experiment.definition, overrides: overrides, context: context)
    } catch {
      return "\(error)".split(separator: "\n").map(String.init)
    }
    return []
  }

  @Test("what belongs to classes is refused, with what to do")
  func refusals() throws {
    #expect(try mistakes(Self.task) == [])
    #expect(try mistakes(Self.task, ["stages.sentiment.loss={ label_mse: { weight: 2.0 } }"]) == [])
    for (override, text) in [
      (
        "stages.sentiment.loss={ cross_entropy: { weight: 1.0 } }",
        "cannot be used with sentiment, whose labels are numbers; use label_mse"
      ),
      (
        "stages.sentiment.select_best=accuracy",
        "accuracy cannot be used: the task's labels are numbers; use pearson or spearmanr"
      ),
      (
        "tasks.sentiment.metrics=[accuracy, pearson]",
        "accuracy cannot be used: the task's labels are numbers; take it out, or use pearson"
      ),
      (
        "tasks.sentiment.classes=[a, b]",
        "tasks.sentiment.classes: a regression has none; take it out, or write kind: classification"
      ),
    ] {
      let found = try mistakes(Self.task, [override])
      #expect(found.count == 1 && found[0].contains(text), "\(found)")
    }
    let soft = try mistakes(
      Self.task,
      [
        "stages.sentiment.teacher=teacher_mlm",
        "stages.sentiment.loss={ soft_targets: { weight: 1.0, temperature: 2.0 } }",
      ])
    #expect(
      soft.contains {
        $0.contains("loss.soft_targets") && $0.contains("whose labels are numbers; use label_mse")
      }, "\(soft)")
    let ofClasses = Self.task.replacing("\n    kind: regression", with: "")
    #expect(
      try mistakes(ofClasses, ["stages.sentiment.loss={ label_mse: { weight: 1.0 } }"]).first?
        .contains("whose labels are classes; use cross_entropy") == true)
    #expect(
      try mistakes(ofClasses, ["stages.sentiment.select_best=pearson"]).first?.contains(
        "pearson cannot be used: the task's labels are classes") == true)
  }

  @Test("labels that are no numbers are said with their lines before anything is run")
  func malformed() throws {
    var files = Self.files
    files["train.csv"] = "review,stars\na,1.5\nb,good\nc,nan\n"
    let experiment = try Self.experiment(Self.task, files)
    let error = #expect(throws: (any Error).self) { try experiment.run(experiment.request()) }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.contains("train.csv:3: expected a number in 'stars', found 'good'"), "\(text)")
    #expect(text.contains("train.csv:4: expected a number in 'stars', found 'nan'"), "\(text)")
    #expect(experiment.cachedStages.isEmpty)
  }

  @Test("the canonical text is read as the same task; a share of the training file is no stratum")
  func canonical() throws {
    let experiment = try Self.experiment(
      Self.task.replacing(", dev: dev.csv", with: "")
        + "\n    dev: { fraction: 0.25, seed: 4 }")
    let loaded = try experiment.loadedAndReadAgain()
    #expect(loaded.definition.canonicalText.contains("kind: regression"))
    guard case .files(let task) = loaded.definition.taskSources[0] else {
      Issue.record("no task of files")
      return
    }
    #expect(task.metricNames == ["pearson", "spearmanr"] && task.split?.isStratified == false)
    let tables = try task.read(
      in: experiment.locations.startingFrom(definition: experiment.definition))
    #expect(tables.dev.count == 6 && tables.train.count == 18)
  }
}
