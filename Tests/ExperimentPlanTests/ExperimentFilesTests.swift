// Every definition in Experiments/ is whole, and stays what its comments say.
import Foundation
import RetortOptimization
import RetortText
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct ExperimentFilesTests {
  static let names = [
    "distilbert-from-bert-base", "glue-distilbert", "glue-minilm", "imdb-minilm",
    "minilm-l3-ablation",
    "minilm-l3-from-l6",
    "quickstart", "sentence-vectors-arms",
    "sst2-distilbert-report", "sst2-minilm", "sst2-minilm-replay", "sst2-task-distillation",
  ]
  /// Published methods, in a folder of their own.
  static let methods = [
    "distilbert", "minilm", "minilmv2", "pkd", "sentence-vectors", "textbrewer-t3",
    "three-teachers", "tinybert-4-312", "tinybert-6-768", "well-read-students",
  ].map { "methods/\($0)" }

  @Test func theListIsComplete() throws {
    let found = try FileManager.default.contentsOfDirectory(atPath: ExperimentFiles.folder)
      .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    #expect(found == Self.names)
  }

  @Test("valid and named as its file", arguments: names + methods)
  func isValid(name: String) throws {
    let path = "\(ExperimentFiles.folder)/\(name).yaml"
    let context = DefinitionContext(
      locations: Locations(cache: "/nowhere", mirror: nil), definitionPath: path)
    #expect(context.knownReferences?.contains("tpf02-report") == true)
    let loaded = try LoadedDefinition.load(path: path, context: context)
    #expect(loaded.definition.name == name.split(separator: "/").last.map(String.init))
    // What is asked, and what it takes, is said of each.
    #expect(loaded.definition.question != nil && loaded.definition.budget != nil)
    let again = try LoadedDefinition.load(text: loaded.definition.canonicalText, path: "again")
    #expect(again.definition == loaded.definition)
    #expect(again.variants.map(\.definition) == loaded.variants.map(\.definition))
  }

  @Test(
    "the report's recipe",
    arguments: ["sst2-minilm", "sst2-minilm-replay", "sst2-distilbert-report"])
  func reportRecipe(name: String) throws {
    let definition = try LoadedDefinition.load(path: "\(ExperimentFiles.folder)/\(name).yaml")
      .definition
    let training = try #require(definition.stages.first).training
    #expect(
      training.batching == BatchingOptions(batchSize: 16, accumulate: 1, groupByLength: false))
    #expect(
      training.optimizer
        == OptimizerOptions(
          rule: AdamW(
            learningRate: 2e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01,
            maximumGradientNorm: 1)))
    #expect(training.schedule == ScheduleOptions(shape: LinearSchedule(), warmup: 0))
    #expect(training.limit == .epochs(3))
    #expect(training.seed == 42)
  }

  @Test func thePapersTableHasNineTasksForBothModelsInOneRecipe() throws {
    let loaded = try LoadedDefinition.load(path: "\(ExperimentFiles.folder)/glue-distilbert.yaml")
    #expect(loaded.variants.count == 5)
    let stages = loaded.definition.stages
    let tasks = GLUETask.all.filter { $0.hasTraining && $0.name != "glue/mnli_mismatched" }
      .map(\.name).sorted()
    #expect(tasks.count == 9)
    for model in ["bert", "distilbert"] {
      let own = stages.filter { $0.work.trained == model }
      #expect(own.compactMap { $0.work.task?.name }.sorted() == tasks)
      for stage in own {
        let isSmall = ["glue/mrpc", "glue/wnli"].contains(stage.work.task?.name)
        #expect(stage.training.limit == .epochs(isSmall ? 5 : 3))
        #expect(stage.training.sequenceLength == 128)
        #expect(stage.training.batching.batchSize == 32)
        #expect(
          stage.training.optimizer
            == OptimizerOptions(
              rule: AdamW(
                learningRate: 2e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0,
                maximumGradientNorm: 1)))
      }
    }
    // Whatever the files have, that many steps are in the budget.
    let rows = ["glue/mrpc": 5, "glue/wnli": 5]
    let steps = tasks.reduce(0) { sum, name in
      let count = GLUETask.named(name)?.files[.train]?.count ?? 0
      return sum + 2 * ((count + 31) / 32) * (rows[name] ?? 3)
    }
    #expect(steps == 178_638)
    #expect(loaded.definition.budget?.contains("178,638 steps") == true)
  }

  @Test func theAblationDiffersFromTheDistillationThatItAblatesInTheBudgetAlone() throws {
    let loaded = try ["minilm-l3-from-l6", "minilm-l3-ablation"].map {
      try LoadedDefinition.load(path: "\(ExperimentFiles.folder)/\($0).yaml")
    }
    let rows = VariantSharing(loaded.flatMap(\.variants)).rows
    #expect(
      rows.dropFirst().map(\.title) == [
        "full loss", "without soft_targets", "without cosine", "without masked_lm", "random init",
      ])
    for row in rows.dropFirst() { #expect(row.computed.map(\.id) == ["distil", "sst2"]) }
    #expect(rows[1].shared == ["teacher_mlm", "sst2.no_distillation", "sst2.teacher"])
    for row in rows.dropFirst(2) { #expect(row.shared == ["teacher_mlm"]) }
    // The full loss is that of the other in all but the budget.
    let stages = loaded.map(\.definition.stages)
    #expect(stages[0].map(\.id) == stages[1].map(\.id))
    for (one, other) in zip(stages[0], stages[1]) {
      var trained = other
      trained.training.limit = one.training.limit
      #expect(trained == one)
      #expect((other.training.limit == one.training.limit) == (one.id != "distil"))
    }
  }

  @Test func theReportsRecipeIsRunWithThreeSeeds() throws {
    let loaded = try LoadedDefinition.load(path: "\(ExperimentFiles.folder)/sst2-minilm.yaml")
    let seeds = loaded.variants.compactMap { $0.definition.stages.first?.training.seed }
    #expect(seeds == [42, 43, 44])
    // Its published run is that of the first point.
    #expect(loaded.variants[0].definition.stages == loaded.definition.stages)
  }

  @Test func rehearsalsInTheCommentsWork() throws {
    let pair = try LoadedDefinition.load(
      path: "\(ExperimentFiles.folder)/distilbert-from-bert-base.yaml",
      overrides: [
        "models.teacher={from: {random: \"hub:google-bert/bert-base-uncased\"}, "
          + "head: {kind: masked_lm, init: new}}",
        "stages.distil.limit.steps=20",
      ])
    #expect(pair.definition.stage(id: "distil")?.training.limit == .steps(20))
    _ = try LoadedDefinition.load(
      path: "\(ExperimentFiles.folder)/sst2-distilbert-report.yaml",
      overrides: ["models.distilbert.from={random: \"hub:distilbert/distilbert-base-uncased\"}"])
  }
}
