// Tasks with fewer training examples than another one, from the definition to the record; and IMDb.
import Foundation
import RetortRecords
import RetortTestSupport
import RetortText
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Parts of tasks")
struct TaskPartTests {
  private static let part = """
      few:
        of: sentiment
        labels: { count: 8, unit: rows, seed: 5, stratified: true }
        hold_out: { sentences: 4, least_words: 2, seed: 6 }

    """

  /// The small experiment, fine-tuned on a part of its task.
  private static let text = SmallExperiment.text
    .replacing("vocabulary:\n", with: "\(part)vocabulary:\n")
    .replacing("task: sentiment", with: "task: few")
    .replacing("baselines: [no_distillation, mlm_only, teacher]\n", with: "")

  @Test("a run: what was held out and sampled is in the log and in the record")
  func run() throws {
    let experiment = try SmallExperiment(Self.text)
    let run = try experiment.run(experiment.request(stages: ["sentiment"]))
    let train = try #require(run.record.data.first { $0.name == "few train" })
    let dev = try #require(run.record.data.first { $0.name == "few dev" })
    #expect(train.examples == 8 && dev.examples == 24 && dev.labels?.labels.count == 24)
    #expect(train.balance.values.reduce(0, +) == 8 && train.balance.count == 2)
    let selection = try #require(train.selection)
    #expect(selection.examples == 24 && selection.balance.values.reduce(0, +) == 24)
    #expect(selection.steps.count == 4 && selection.steps[3].hasPrefix("labels: 8 of "))
    #expect(dev.selection == nil)
    #expect(run.record.experiment.seeds["tasks.few.labels"] == 5)
    #expect(run.record.experiment.seeds["tasks.few.hold_out"] == 6)
    let log = try String(contentsOfFile: "\(run.folder)/log.txt", encoding: .utf8)
    for line in selection.steps { #expect(log.contains(line)) }
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)
    let predictions = try String(
      contentsOfFile: "\(run.folder)/predictions/sentiment-test.tsv", encoding: .utf8)
    #expect(predictions.split(separator: "\n").count == 7)

    // Another sample is another result.
    let count = experiment.cachedStages.count
    _ = try experiment.run(
      experiment.request(
        runs: "Runs2", stages: ["sentiment"], overrides: ["tasks.few.labels.seed=9"]))
    #expect(experiment.cachedStages.count == count + 1)
  }

  @Test("the definition: canonical text, explanation, parts of parts")
  func definition() throws {
    let experiment = try SmallExperiment(
      Self.text.replacing(
        "vocabulary:\n",
        with: "  fewer: { of: few, labels: { count: all, unit: rows } }\nvocabulary:\n"
      )
      .replacing("task: few", with: "task: fewer"))
    let loaded = try experiment.loadedAndReadAgain()
    #expect(loaded.definition.taskSources.map(\.name) == ["sentiment", "few", "fewer"])
    #expect(loaded.definition.canonicalText.contains("of: sentiment"))
    let task = try #require(loaded.definition.taskSources.last)
    let known = try #require(experiment.locations.known(task))
    #expect(known.size.sequences == 8 && known.lines.count == 6)
    let explanation = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues, tasks: [task: known],
      look: { _ in .absent }
    ).text
    #expect(
      explanation.contains(
        "few: of sentiment, 4 whole sentences of 2 words or more held out and evaluated with the development set, rows "
          + "that are parts of them dropped (seed 6); 8 labelled rows to learn from (seed 5, each class with its share)"
      ))
    #expect(explanation.contains("fewer: of few, all labelled rows to learn from (seed 3)"))
    for line in known.lines { #expect(explanation.contains(line)) }
    #expect(explanation.contains("(1 an epoch of 8 examples)"))
  }

  @Test("a teacher may have learned from all of a task's examples")
  func teacher() throws {
    let text = SmallExperiment.taughtText.replacing(
      "vocabulary:\n", with: "\(Self.part)vocabulary:\n"
    )
    .replacing("teacher: judge, task: sentiment", with: "teacher: judge, task: few")
    let definition = try DefinitionText.load(text)
    #expect(definition.stage(id: "judge")?.work.task?.name == "sentiment")
    #expect(definition.stage(id: "taught")?.work.task?.name == "few")
  }

  private static func loaded(_ text: String) throws -> LoadedDefinition {
    try LoadedDefinition.load(text: text, path: "x.yaml")
  }

  @Test("a sweep over the seed or the number of labels computes every point")
  func sweep() throws {
    let counts = try Self.loaded(
      Self.text + "sweep: { tasks.few.labels.count: [4, 8, all] }\n")
    #expect(
      VariantSharing(counts.variants).rows.map { $0.computed.map(\.id) }.suffix(2) == [
        ["sentiment"], ["sentiment"],
      ])
    // The seeds that are not written are swept; the one that is, is not.
    let seeds = try Self.loaded(
      Self.text.replacing(", seed: 6", with: "") + "sweep: { seed: [1, 2] }\n")
    let second = try #require(seeds.variants.last?.definition.taskSources.last?.selection)
    #expect(second.holdOut?.seed == 2 && second.labels?.seed == 5)
    #expect(
      try DefinitionText.load(seeds.definition.canonicalText).taskSources
        == seeds.definition.taskSources)
    #expect(seeds.definition.canonicalText.contains("seed: 5"))
  }

  /// What is wrong with a definition, without file, line and column.
  private func mistakes(_ changes: [(String, String)]) throws -> [String] {
    var text = Self.text
    for (old, new) in changes {
      #expect(text.contains(old))
      text = text.replacing(old, with: new)
    }
    let experiment = try SmallExperiment(text)
    do {
      _ = try LoadedDefinition.load(
        path: experiment.definition,
        context: DefinitionContext(
          locations: experiment.locations, definitionPath: experiment.definition))
      return []
    } catch {
      return "\(error)".split(separator: "\n").map { String($0.drop { $0 != " " }.dropFirst()) }
    }
  }

  @Test("what is wrong is said before anything runs, with what there is")
  func mistakes() throws {
    #expect(try mistakes([]) == [])
    #expect(
      try mistakes([("of: sentiment", "of: sentimint")]) == [
        "tasks.few.of: expected a known task, found 'sentimint'; did you mean 'sentiment'?"
      ])
    #expect(
      try mistakes([("count: 8", "count: eight")]).first?.hasPrefix(
        "tasks.few.labels.count: expected a whole number from 1, or all, found 'eight'") == true)
    #expect(
      try mistakes([("unit: rows, ", "")]).first?.hasPrefix(
        "tasks.few.labels has no 'unit': expected rows or sentences") == true
        || mistakes([("unit: rows, ", "")]).first?.hasPrefix(
          "tasks.few.labels has no 'unit': expected sentences or rows") == true
    )
    #expect(
      try mistakes([("least_words", "least_word")]).first
        == "unknown key 'least_word' in tasks.few.hold_out; did you mean 'least_words'?")
    #expect(
      try mistakes([
        ("    labels: { count: 8, unit: rows, seed: 5, stratified: true }\n", ""),
        ("    hold_out: { sentences: 4, least_words: 2, seed: 6 }\n", ""),
      ]) == [
        "tasks.few: expected labels or hold_out, found neither; name sentiment itself where the whole task is meant"
      ])
    #expect(
      try mistakes([("sentences: 4", "sentences: 25")]) == [
        "tasks.few.hold_out.sentences: expected at most 23, the whole sentences of 2 words or more, found 25; write a "
          + "smaller number, or a smaller least_words"
      ])
    #expect(
      try mistakes([("count: 8", "count: 21")]) == [
        "tasks.few.labels.count: expected at most 20, the rows that there are, found 21; write a smaller number"
      ])
    let pairs = try mistakes([("of: sentiment", "of: glue/rte"), ("unit: rows", "unit: sentences")])
    #expect(
      pairs == [
        "tasks.few.labels.unit: sentences cannot be told in pairs of texts; write unit: rows",
        "tasks.few.hold_out: sentences cannot be told in pairs of texts; take it out",
      ])
    #expect(
      try mistakes([
        ("of: sentiment", "of: glue/stsb"),
        ("    hold_out: { sentences: 4, least_words: 2, seed: 6 }\n", ""),
      ]) == [
        "tasks.few.labels.stratified: a regression has no classes that a share could be taken of; take it out"
      ])
  }

  @Test("a task of files has labels and hold_out of its own")
  func files() throws {
    let task = """
          files: { train: train.csv, dev: dev.csv }
          text: review
          label: stars
          labels: { count: 3, unit: sentences, stratified: true }
          hold_out: { sentences: 2, least_words: 3 }
      """
    let experiment = try SmallExperiment(
      SmallExperiment.text.replacing(
        "    generated: { grammar: film_reviews, train: 24, dev: 20, test: 6, seed: 12 }",
        with: task
      )
      .replacing("baselines: [no_distillation, mlm_only, teacher]\n", with: ""))
    let rows = ["bad", "good", "so so"].flatMap { label in
      (0..<4).flatMap { ["a \(label) film \($0),\(label)", "film \($0),\(label)"] }
    }
    try experiment.folder.write("train.csv", "review,stars\n" + rows.joined(separator: "\n"))
    try experiment.folder.write("dev.csv", "review,stars\nx,bad\ny,good\n")
    let run = try experiment.run(experiment.request(stages: ["sentiment"]))
    let train = try #require(run.record.data.first { $0.name == "sentiment train" })
    #expect(train.balance == ["bad": 1, "good": 1, "so so": 1])
    #expect(run.record.data.first { $0.name == "sentiment dev" }?.examples == 4)
    #expect(run.record.experiment.seeds["tasks.sentiment.labels"] == 3)
    let error = #expect(throws: (any Error).self) {
      try experiment.run(
        experiment.request(runs: "R2", overrides: ["tasks.sentiment.hold_out.sentences=13"]))
    }
    #expect(
      "\(error.map { "\($0)" } ?? "")".contains(
        "tasks.sentiment.hold_out.sentences: expected at most 12, the whole sentences of 3 words or more, found 13"
      ))
  }

  @Test(
    "IMDb is learned and evaluated on its test part, and either form of its files gives the same stage"
  )
  func imdb() throws {
    let experiment = try SmallExperiment(
      SmallExperiment.text.replacing("task: sentiment", with: "task: imdb")
        .replacing("baselines: [no_distillation, mlm_only, teacher]\n", with: ""))
    for part in ["train", "test"] {
      var lines = ""
      for place in 0..<16 {
        let (label, text) = (["neg", "pos"][place % 2], "a film<br />of \(place) \(part)")
        try experiment.folder.write("cache/data/aclImdb/\(part)/\(label)/\(place)_5.txt", text)
        lines +=
          "{\"id\": \(place), \"stars\": 5, \"label\": \"\(label)\", \"text\": \"\(text)\"}\n"
      }
      try experiment.folder.write("cache/data/imdb/\(part).jsonl", lines)
    }
    func explanation(_ overrides: String...) throws -> String {
      let loaded = try LoadedDefinition.load(
        path: experiment.definition, overrides: overrides,
        context: DefinitionContext(
          locations: experiment.locations, definitionPath: experiment.definition))
      return PlanExplanation(ResolvedPlan(loaded.definition)).text
    }
    #expect(try explanation().contains("select_best chooses by the test set of imdb"))
    #expect(
      try !explanation("stages.sentiment.select_best=last").contains("by the test set of imdb"))
    let run = try experiment.run(experiment.request(stages: ["sentiment"]))
    #expect(
      run.record.data.first { $0.name == "imdb dev" }?.balance == ["negative": 8, "positive": 8])
    #expect(!run.record.data.contains { $0.name == "imdb test" })
    #expect(
      run.observer.notes.contains { $0.contains("16 reviews, the published part has 25,000") })
    let count = experiment.cachedStages.count
    try FileManager.default.removeItem(atPath: "\(experiment.locations.cache)/data/aclImdb")
    let again = try experiment.run(experiment.request(runs: "Runs2", stages: ["sentiment"]))
    #expect(experiment.cachedStages.count == count)
    #expect(again.record.data == run.record.data)
    try FileManager.default.removeItem(atPath: "\(experiment.locations.cache)/data/imdb")
    let error = #expect(throws: LocationError.self) {
      try experiment.run(experiment.request(runs: "Runs3", stages: ["sentiment"]))
    }
    #expect(
      error?.problems.first?.hasSuffix(
        "; download https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz and unpack it in "
          + "\(experiment.locations.cache)/data, or set RETORT_MIRROR to a folder that has data/aclImdb or data/imdb"
      )
        == true, "\(String(describing: error))")
  }
}
