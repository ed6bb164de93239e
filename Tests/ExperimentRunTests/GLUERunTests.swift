// Tasks of GLUE in definitions and runs.
import Foundation
import RetortEvaluation
import RetortTestSupport
import RetortText
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("GLUE's tasks in runs")
struct GLUERunTests {
  private func experiment(_ task: String) throws -> SmallExperiment {
    try SmallExperiment(
      SmallExperiment.text
        .replacing("task: sentiment", with: "task: \(task)")
        .replacing("baselines: [no_distillation, mlm_only, teacher]\n", with: ""))
  }

  @Test("RTE: pairs, its classes, its labels in the predictions, remarks on the files")
  func rte() throws {
    let experiment = try experiment("glue/rte")
    let rows = (0..<12).map { "\($0)\tthe film is good\tit is a film \($0)\t" }
    let labelled = rows.enumerated().map {
      $1 + ($0.isMultiple(of: 3) ? "entailment" : "not_entailment")
    }
    let header = "index\tsentence1\tsentence2"
    for (name, head, lines) in [
      ("train", "\(header)\tlabel", labelled), ("dev", "\(header)\tlabel", labelled),
      ("test", header, rows.map { String($0.dropLast()) }),
    ] {
      try experiment.folder.write(
        "cache/data/glue/RTE/\(name).tsv", ([head] + lines).joined(separator: "\n") + "\n")
    }
    let run = try experiment.run(experiment.request(stages: ["sentiment"]))
    let dev = try #require(run.record.data.first { $0.name == "glue/rte dev" })
    #expect(dev.examples == 12 && dev.balance == ["entailment": 4, "not_entailment": 8])
    #expect(
      run.observer.notes.contains {
        $0.hasSuffix(
          "train.tsv: 12 examples, GLUE's file has 2490; results may differ from published ones")
      }, "\(run.observer.notes)")
    let lines = try String(
      contentsOfFile: "\(run.folder)/predictions/sentiment-test.tsv", encoding: .utf8
    ).split(separator: "\n")
    #expect(lines.count == 13)
    #expect(
      lines.dropFirst().allSatisfy {
        $0.hasSuffix("\tentailment") || $0.hasSuffix("\tnot_entailment")
      })
    #expect(
      experiment.locations.known(.builtIn(NamedTask(try #require(GLUETask.named("glue/rte")))))?
        .size
        == DataSize(sequences: 12))
  }

  @Test("CoLA has no header, and Matthews' correlation after each epoch")
  func cola() throws {
    let experiment = try experiment("glue/cola")
    let rows = (0..<10).map { "gj04\t\($0 % 2)\t\($0 % 2 == 0 ? "*" : "")\tThe film \($0) good." }
    for name in ["train", "dev"] {
      try experiment.folder.write(
        "cache/data/glue/CoLA/\(name).tsv", rows.joined(separator: "\n"))
    }
    try experiment.folder.write(
      "cache/data/glue/CoLA/test.tsv", "index\tsentence\n0\tThe film good.\n")
    let run = try experiment.run(experiment.request(stages: ["sentiment"]))
    let stage = try #require(run.record.stages.last)
    let labels = try #require(run.record.data.first { $0.name == "glue/cola dev" }?.labels?.labels)
    #expect(labels == (0..<10).map { $0 % 2 })
    #expect(!stage.epochs.isEmpty && stage.epochs.count == stage.evaluations.count)
    for (epoch, evaluation) in zip(stage.epochs, stage.evaluations) {
      let answers = Answers(
        predictions: try #require(evaluation.predictions?.labels), labels: labels)
      #expect(epoch.metrics?["matthews_correlation"] == MatthewsCorrelation.value(of: answers))
    }
    #expect(run.record.summary().contains("Matthews correlation"))
    #expect(
      experiment.locations.known(.builtIn(NamedTask(try #require(GLUETask.named("glue/cola")))))?
        .size
        == DataSize(sequences: 10))
  }

  /// Rows of MNLI; nil is a row of the test sets.
  private static func inference(_ labels: [String?], _ word: String) -> String {
    let columns = [
      "index", "promptID", "pairID", "genre", "sentence1_binary_parse", "sentence2_binary_parse",
      "sentence1_parse", "sentence2_parse", "sentence1", "sentence2",
    ]
    let header = columns + (labels[0] == nil ? [] : ["label1", "gold_label"])
    let rows = labels.enumerated().map { index, label in
      ["\(index)", "3", "3c", "gov", "( a )", "( b )", "(A)", "(B)"]
        + ["the film is \(word)", "it is a film \(index)"] + (label.map { [$0, $0] } ?? [])
    }
    return ([header] + rows).map { $0.joined(separator: "\t") }.joined(separator: "\n") + "\n"
  }

  @Test("MNLI: the kept weights are evaluated on the mismatched set too, and the record has both")
  func mnli() throws {
    let experiment = try experiment("few")
    let text = try String(contentsOfFile: experiment.definition, encoding: .utf8)
    let withPart = text.replacing(
      "tasks:\n",
      with:
        "tasks:\n  few:\n    of: glue/mnli\n    labels: { count: 9, unit: rows, seed: 1, stratified: true }\n"
    )
    try experiment.folder.write("part.yaml", withPart)
    try experiment.folder.write("small.yaml", text.replacing("task: few", with: "task: glue/mnli"))
    let labels = (0..<12).map { ["entailment", "neutral", "contradiction"][$0 % 3] }
    for (name, rows, word) in [
      ("train", labels.map { $0 }, "good"), ("dev_matched", labels.map { $0 }, "bad"),
      ("test_matched", [nil, nil], "dull"),
    ] as [(String, [String?], String)] {
      try experiment.folder.write(
        "cache/data/glue/MNLI/\(name).tsv", Self.inference(rows, word))
    }
    // It is missed before anything is run.
    let error = #expect(throws: LocationError.self) {
      try experiment.run(experiment.request(stages: ["sentiment"]))
    }
    #expect(error?.problems.first?.contains("found no dev_mismatched.tsv") == true)
    let mismatched = Array(labels.reversed().prefix(7))
    func writeMismatched(_ labels: [String]) throws {
      try experiment.folder.write(
        "cache/data/glue/MNLI/dev_mismatched.tsv", Self.inference(labels, "funny"))
    }
    try writeMismatched(mismatched)

    for (definition, name) in [("small.yaml", "glue/mnli"), ("part.yaml", "few")] {
      let run = try experiment.run(
        experiment.request(definition, runs: name, stages: ["sentiment"]))
      let stage = try #require(run.record.stages.last)
      #expect(stage.data == ["\(name) train", "\(name) dev", "\(name)_mismatched dev"])
      #expect(stage.epochs.count == 2 && stage.evaluations.count == 3)
      #expect(stage.evaluations.prefix(2).allSatisfy { $0.data == "\(name) dev" })
      #expect(stage.keptEvaluation?.data == "\(name) dev")
      let further = try #require(stage.furtherEvaluations.first)
      #expect(further.data == "\(name)_mismatched dev" && further.count == 7)
      #expect(further.epoch == nil && further.step == nil && further.loss > 0)
      let set = try #require(run.record.data.first { $0.name == further.data })
      #expect(
        set.labels?.labels == [2, 1, 0, 2, 1, 0, 2] && set.examples == 7 && set.metrics == nil)
      let right = zip(set.labels?.labels ?? [], further.predictions?.labels ?? [])
        .count { $0 == $1 }
      #expect(further.correct == right)
      #expect(
        run.observer.notes.contains {
          $0.hasPrefix("sentiment: \(name)_mismatched dev, validation loss ")
            && $0.hasSuffix(" (\(right) of 7)")
        }, "\(run.observer.notes)")
      #expect(
        run.record.summary().contains("On \(name)_mismatched dev, 7 examples, the kept weights"))
      // Found again, under the names of the definition that asks.
      let again = try experiment.run(
        experiment.request(definition, runs: "again \(name)", stages: ["sentiment"]))
      #expect(again.observer.stages.isEmpty)
      #expect(try again.record.comparable() == run.record.comparable())
    }
    // Other sentences there are another evaluation.
    try writeMismatched(labels)
    let other = try experiment.run(experiment.request(runs: "other", stages: ["sentiment"]))
    #expect(other.observer.stages.last == "sentiment")
    #expect(other.record.stages.last?.furtherEvaluations.first?.count == 12)
    let plan = ResolvedPlan(
      try LoadedDefinition.load(path: experiment.definition).definition)
    #expect(
      try #require(plan.stage(id: "sentiment")).stage.work.details.contains(
        "the weights that are kept are evaluated on glue/mnli_mismatched dev too"))
  }

  @Test("rows that are left out are no examples to explain either")
  func countedAsRead() throws {
    let folder = try TemporaryFolder()
    let header = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate"
    let row = { (id: Int) in "\(id)\t1\t2\twhat is a film ?\twhat is a plot ?\t\(id % 2)" }
    try folder.write(
      "data/glue/QQP/train.tsv",
      ([header] + (0..<5).map(row) + ["5\t1\t2\tonly this", "", row(6)]).joined(separator: "\n")
        + "\n")
    for name in ["dev", "test"] { try folder.write("data/glue/QQP/\(name).tsv", header + "\n") }
    let locations = Locations(cache: folder.path, mirror: nil)
    let task = try #require(GLUETask.named("glue/qqp"))
    #expect(locations.known(.builtIn(NamedTask(task)))?.size == DataSize(sequences: 6))
  }

  /// Rows of STS-B with these scores.
  private static func similarity(_ scores: [String?]) -> String {
    let header = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2"
    let words = ["good", "bad", "dull", "funny"]
    let rows = scores.enumerated().map { index, score in
      "\(index)\tmain\tMSRvid\t2012\t\(index)\tnone\tnone\tthe \(words[index % 4]) film is good\tit is a \(words[index / 4 % 4]) film"
        + (score.map { "\t\($0)" } ?? "")
    }
    return ([header + (scores[0] == nil ? "" : "\tscore")] + rows).joined(separator: "\n") + "\n"
  }

  @Test("STS-B: one output, squared errors, correlations, predictions of three decimals")
  func stsb() throws {
    let experiment = try experiment("glue/stsb")
    let scores = ["5.000", "0.5", "2.75", "0", "3.600", "4.2", "1.1", "2.222", "5", "4.4"]
    let files: [(String, [String?])] = [
      ("train", scores), ("dev", scores), ("test", [nil, nil, nil]),
    ]
    for (name, rows) in files {
      try experiment.folder.write(
        "cache/data/glue/STS-B/\(name).tsv", Self.similarity(rows))
    }
    let run = try experiment.run(
      experiment.request(
        stages: ["sentiment"],
        overrides: [
          "stages.sentiment.select_best=spearmanr",
          // Numbers that six digits tell apart.
          "models.teacher.sizes.initializer_range=0.5",
        ]))
    let stage = try #require(run.record.stages.last)
    let dev = try #require(run.record.data.first { $0.name == "glue/stsb dev" })
    let numbers = try #require(dev.numbers)
    #expect(numbers == scores.map { Float($0) } && dev.labels == nil && dev.balance.isEmpty)
    #expect(stage.loss == "loss = MSE(output, label), mean over sentences")
    #expect(stage.epochs.count == 2 && stage.best?.rule == "spearmanr")
    for (epoch, evaluation) in zip(stage.epochs, stage.evaluations) {
      let predicted = try #require(evaluation.logits)
      #expect(epoch.correct == nil && epoch.accuracy == nil && evaluation.predictions == nil)
      #expect(epoch.metrics?.names == ["pearson", "spearmanr"])
      let answers = Answers(
        predictions: predicted.map { Double($0) }, labels: numbers.map { Double($0) })
      let pearson = try #require(epoch.metrics?["pearson"])
      #expect((pearson - PearsonCorrelation.value(of: answers)).magnitude < 1e-4)
      let error =
        zip(predicted, numbers).reduce(0.0) { $0 + Double(($1.0 - $1.1) * ($1.0 - $1.1)) } / 10
      #expect((epoch.validationLoss - error).magnitude < 1e-4)
    }
    let lines = try String(
      contentsOfFile: "\(run.folder)/predictions/sentiment-test.tsv", encoding: .utf8
    ).split(separator: "\n")
    #expect(lines.count == 4)
    for line in lines.dropFirst() {
      #expect(line.split(separator: "\t")[1].split(separator: ".")[1].count == 3)
    }
    let summary = run.record.summary()
    #expect(summary.contains("Pearson") && !summary.contains("ccuracy"), "\(summary)")
  }

  @Test("a malformed score is an error with its line before anything is run")
  func malformedScore() throws {
    let experiment = try experiment("glue/stsb")
    let files: [(String, [String?])] = [
      ("train", ["5.000", "much"]), ("dev", ["1", "2"]), ("test", [nil, nil]),
    ]
    for (name, rows) in files {
      try experiment.folder.write(
        "cache/data/glue/STS-B/\(name).tsv", Self.similarity(rows))
    }
    let error = #expect(throws: DataError.self) {
      try experiment.run(experiment.request(stages: ["sentiment"]))
    }
    #expect(
      "\(error.map { "\($0)" } ?? "")".hasSuffix(
        "STS-B/train.tsv:3: expected a number from 0 to 5, found 'much'"))
  }

  @Test("metrics of every task are known; a task without a training set cannot be learned")
  func definitions() throws {
    for task in GLUETask.all where task.hasTraining {
      #expect(
        TaskSource.builtIn(NamedTask(task)).metrics.map { $0.name } == task.metrics, "\(task)")
      let definition = try DefinitionText.load(
        DefinitionText.small.replacing("task: glue/sst2", with: "task: \(task)"))
      #expect(definition.taskSources == [.builtIn(NamedTask(task))])
      #expect(definition.canonicalText.contains("task: \(task)"))
    }
    let messages = DefinitionText.messages(
      DefinitionText.small.replacing("task: glue/sst2", with: "task: glue/ax"))
    #expect(
      messages.count == 1
        && messages[0].hasSuffix(
          "stages.sst2.task: expected a task to learn from, found 'glue/ax', which has no training set; predict it "
            + "with a finished model: retort evaluate --task glue/ax --split test --predictions FILE"
        ),
      "\(messages)")
    let locations = Locations(cache: "/nowhere", mirror: nil)
    let error = #expect(throws: LocationError.self) {
      try locations.locate(try #require(GLUETask.named("glue/qnli")))
    }
    #expect(
      error?.problems.first?.contains(
        "download https://dl.fbaipublicfiles.com/glue/data/QNLIv2.zip and unpack it in /nowhere/data/glue"
      )
        == true)
  }
}
