import RetortOptimization
// What a definition says, and what recipes, short forms and options make of it.
import RetortOptions
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct DefinitionTests {
  private func finetune(_ definition: ResolvedDefinition) throws -> (
    StageDefinition, FinetuneStage
  ) {
    let stage = try #require(definition.stage(id: "sst2"))
    guard let options = stage.work as? FinetuneStage else {
      throw DefinitionError([Diagnostic(.standard, "sst2 is no finetune stage")])
    }
    return (stage, options)
  }

  @Test func aRecipeFillsInWhatIsNotWritten() throws {
    let definition = try DefinitionText.load(DefinitionText.small)
    let (stage, options) = try finetune(definition)
    #expect(stage.training.batching.batchSize == 16)
    // The Trainer's defaults.
    #expect(
      stage.training.optimizer
        == OptimizerOptions(
          rule: AdamW(
            learningRate: 2e-5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0,
            maximumGradientNorm: 1)))
    #expect(stage.training.schedule == ScheduleOptions(shape: LinearSchedule(), warmup: 0))
    #expect(stage.training.sequenceLength == 512)
    #expect(stage.training.seed == 7)
    #expect(options.selectBest == .evaluationLoss)
    #expect(options.evaluationBatchSize == 8)
  }

  @Test func theDistilBERTRecipe() throws {
    let stage = try #require(
      try DefinitionText.load(DefinitionText.small).stage(id: "distil"))
    // DistilBERT's own scripts.
    #expect(
      stage.training.batching == BatchingOptions(batchSize: 5, accumulate: 50, groupByLength: true))
    #expect(
      stage.training.optimizer
        == OptimizerOptions(
          rule: AdamW(
            learningRate: 5e-4, beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0,
            maximumGradientNorm: 5)))
    #expect(stage.training.schedule.warmup == 0.05)
    #expect(stage.training.freeze == [.positionEmbeddings])
    #expect(stage.training.limit == .epochs(1), "the written limit replaces the recipe's")
  }

  @Test func filledValuesNameWhereTheyComeFrom() throws {
    let loaded = try LoadedDefinition.load(
      text: DefinitionText.small, path: "x.yaml", overrides: ["stages.sst2.seed=9"])
    let values = loaded.filledValues
    #expect(
      values.contains(
        FilledValue(
          path: "stages.sst2.optimizer.betas", value: "[0.9, 0.999]",
          origin: .recipe("hf-trainer-4.44"))))
    #expect(
      values.contains(
        FilledValue(
          path: "stages.sst2.seed", value: "9", origin: .option("stages.sst2.seed=9"))))
    #expect(
      values.contains(
        FilledValue(path: "stages.distil.seed", value: "7", origin: .standard)))
    #expect(!values.contains { $0.path == "stages.sst2.optimizer.learning_rate" })
  }

  @Test func optionsSetByPathOfStageIDAndShortForm() throws {
    let definition = try DefinitionText.load(
      DefinitionText.small,
      overrides: [
        "stages.sst2.seed=43", "stages.sst2.learning_rate=1e-4", "stages.sst2.limit.steps=20",
        "stages.distil.distill.loss.cosine.weight=0", "seed=8", "models.student.token_type=drop",
        "models.teacher={from: {random: hub:google-bert/bert-base-uncased}, "
          + "head: {kind: masked_lm, init: new}}",
      ])
    let (stage, _) = try finetune(definition)
    #expect(stage.training.seed == 43)
    #expect(stage.training.optimizer.rule.learningRate == 1e-4)
    #expect(stage.training.limit == .steps(20))
    #expect(definition.stage(id: "distil")?.training.seed == 8)
    #expect(
      definition.model(named: "teacher")?.source
        == .randomWeights(.hub(owner: "google-bert", name: "bert-base-uncased")))
    let distill = try #require(definition.stage(id: "distil")?.work as? DistillStage)
    #expect(distill.loss.terms.map(\.name) == ["soft_targets", "masked_lm", "cosine"])
    #expect(distill.loss.terms.map(\.weight.constant) == [5, 2, 0])
  }

  @Test func aStudentKeepsItsTeachersHeadUnlessItSaysOtherwise() throws {
    let definition = try DefinitionText.load(DefinitionText.small)
    #expect(definition.model(named: "student")?.maskedLMHead == .copied)
    #expect(
      definition.model(named: "student")?.dropout
        == DropoutOptions(hidden: 0.1, attention: 0.1, classifier: 0.2))
    #expect(definition.vocabulary.source == .model("teacher"))
    let without = DefinitionText.messages(
      DefinitionText.small(", head: { kind: masked_lm, init: stored }", ""))
    #expect(
      without == [
        "x.yaml:14:16: stages.distil.teacher needs a masked_lm head, but teacher has none; write "
          + "head: {kind: masked_lm, init: …} under models.teacher",
        "x.yaml:15:16: stages.distil.student needs a masked_lm head, but student has none; write "
          + "head: {kind: masked_lm, init: …} under models.student",
      ])
  }

  @Test func theResolvedTextIsADefinitionAndEqual() throws {
    let text =
      DefinitionText.small + "sweep: { stages.sst2.seed: [1, 2] }\nablate: [init]\n"
    let definition = try DefinitionText.load(text)
    let again = try LoadedDefinition.load(text: definition.canonicalText, path: "resolved.yaml")
    #expect(again.definition == definition)
    #expect(again.definition.canonicalText == definition.canonicalText)
    #expect(again.filledValues == [])
  }

  /// Written out, seeds that follow the experiment's would keep one value in every run of a sweep over it.
  @Test func theResolvedTextLeavesSeedsToASweepOverThem() throws {
    let text = DefinitionText.small + "sweep: { seed: [3, 4] }\n"
    let loaded = try LoadedDefinition.load(text: text, path: "d.yaml")
    #expect(!loaded.definition.inheritedSeeds.isEmpty)
    let again = try LoadedDefinition.load(text: loaded.definition.canonicalText, path: "r.yaml")
    #expect(again.definition == loaded.definition)
    #expect(again.variants.map(\.definition) == loaded.variants.map(\.definition))
    #expect(again.filledValues.allSatisfy { $0.path.hasSuffix(".seed") })
    #expect(loaded.variants.map(\.definition.seed) == [3, 4])
    let seeds = loaded.variants.map { Set($0.definition.stages.map(\.training.seed)) }
    #expect(seeds == [[3], [4]])
    for variant in loaded.variants {
      #expect(try DefinitionText.load(variant.definition.canonicalText) == variant.definition)
    }
  }

  @Test func comparisonsAreCheckedWhereTheNamesAreKnown() {
    let context = DefinitionContext(knownReferences: ["tpf02-report", "sanh-2019-v4"])
    #expect(
      DefinitionText.messages(DefinitionText.small, context: context) == [
        "x.yaml:34:16: compare_with.0: expected a name in Experiments/references/, found 'sanh-2019'; "
          + "did you mean 'sanh-2019-v4'?"
      ])
  }

  @Test(
    "sizes that do not fit",
    arguments: [
      (
        "limit: { epochs: 1 }", "sequence_length: 513",
        "stages.distil.sequence_length: expected at most 512"
      ),
      (
        "limit: { epochs: 3 }", "freeze: [layers.6]",
        "stages.sst2.freeze.0: expected layers.0 to layers.5"
      ),
      (
        "limit: { epochs: 3 }", "freeze: [token_type_embeddings]",
        "stages.sst2.freeze.0 does not exist"
      ),
      (
        "    token_type: fold\n", "",
        "models.student.token_type: expected fold or drop, for what becomes of the token types"
      ),
      (
        "architecture: distilbert", "architecture: bert",
        "models.student.token_type has no meaning from bert to bert"
      ),
    ])
  func sizes(old: String, new: String, message: String) {
    let found = DefinitionText.messages(DefinitionText.small(old, new))
    #expect(found.count == 1)
    #expect(found.first?.contains(message) == true, "found: \(found)")
  }

  @Test func frozenGroupsByParameterPath() {
    let paths = [
      "embeddings.words", "embeddings.positions", "embeddings.norm.scale",
      "encoder.layer.1.expansion.weight", "encoder.layer.11.expansion.weight",
      "masked_language_head.dense.weight",
    ]
    func frozen(_ text: String) -> [Int] {
      let group = FrozenGroup(text)
      return paths.indices.filter { group?.covers(parameter: paths[$0]) == true }
    }
    #expect(frozen("embeddings") == [0, 1, 2])
    #expect(frozen("word_embeddings") == [0])
    #expect(frozen("position_embeddings") == [1])
    #expect(frozen("encoder") == [3, 4])
    #expect(frozen("layers.1") == [3])
    #expect(FrozenGroup("layers.x") == nil)
  }

  @Test(
    "numbers as they are written",
    arguments: [
      ("1e-4", 1e-4), ("1.0e-4", 1e-4), ("3_000", 3000.0), ("-2", -2), (".5", 0.5), ("5.", 5),
    ])
  func numbers(text: String, value: Double) {
    #expect(Scalars.number(text) == value)
  }

  @Test(
    "what is no number", arguments: ["", "e5", "0x10", "nan", ".inf", "1e999", "1-2", "1:30", "٣"])
  func notNumbers(text: String) {
    #expect(Scalars.number(text) == nil)
  }

  @Test("whole numbers", arguments: [("3_000_000", 3_000_000), ("0", 0), ("-5", -5), ("+5", 5)])
  func integers(text: String, value: Int) { #expect(Scalars.integer(text) == value) }

  @Test(
    "no whole numbers", arguments: ["010", "1.0", "1e3", "_1", "1_", "99999999999999999999", "0o7"])
  func notIntegers(text: String) { #expect(Scalars.integer(text) == nil) }
}
