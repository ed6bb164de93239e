// The plan of a definition: order, baselines, digests, steps.
import RetortText
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct PlanTests {
  private func plan(
    _ text: String = DefinitionText.small, _ overrides: [String] = []
  ) throws -> ResolvedPlan {
    ResolvedPlan(try DefinitionText.load(text, overrides: overrides))
  }

  private static let facts = DigestFacts(
    numericsVersion: 1, blasCore: "SkylakeX",
    folders: [
      .hub(owner: "google-bert", name: "bert-base-uncased"): FolderDigests(
        configuration: "c", vocabulary: "v", weights: "w", tokenizer: .uncased)
    ], corpora: [.named("movie_reviews"): "m"], tasks: [.builtIn(NamedTask(GLUETask.sst2)): "s"])

  private func digests(
    _ text: String = DefinitionText.small, _ overrides: [String] = [],
    facts: DigestFacts = PlanTests.facts
  ) throws -> PlanDigests {
    try PlanDigests(try plan(text, overrides), facts)
  }

  @Test func baselinesAreWrittenOut() throws {
    let plan = try plan()
    #expect(
      plan.stages.map(\.id) == [
        "distil", "sst2", "sst2.no_distillation", "distil.mlm_only", "sst2.mlm_only",
        "sst2.teacher",
      ])
    #expect(plan.stage(id: "sst2")?.inputs == [.stage("distil")])
    #expect(plan.stage(id: "sst2.no_distillation")?.inputs == [.model("student")])
    #expect(plan.stage(id: "sst2.teacher")?.inputs == [.model("teacher")])
    #expect(plan.stage(id: "sst2.mlm_only")?.inputs == [.stage("distil.mlm_only")])
    #expect(
      plan.stage(id: "sst2.mlm_only")?.role == .baseline(.mlmOnly, of: "sst2"))
    let options = try #require(plan.stage(id: "distil.mlm_only")?.stage.work as? DistillStage)
    // The same steps with weights 0/2/0.
    #expect(options.loss.terms.map(\.name) == ["soft_targets", "masked_lm", "cosine"])
    #expect(options.loss.terms.map(\.weight) == [.constant(0), .constant(2), .constant(0)])
    #expect(
      plan.stage(id: "distil.mlm_only")?.stage.training
        == plan.stage(id: "distil")?.stage.training)
  }

  @Test func aRandomStudentIsAModelOfItsOwn() throws {
    let plan = try plan(DefinitionText.small("mlm_only, teacher", "random_init"))
    let model = try #require(plan.model(named: "student.random_init"))
    guard case .randomStudent(let student) = model.source else {
      Issue.record("not a random student")
      return
    }
    #expect(student.layers.count == 6)
    #expect(plan.stages.last?.inputs == [.model("student.random_init")])
    let digests = try PlanDigests(plan, Self.facts)
    #expect(digests.models["student"] != digests.models["student.random_init"])
  }

  @Test func stagesComeAfterWhatTheyNeedInAnyOrderOfWriting() throws {
    let quickstart = try LoadedDefinition.load(
      path: "\(ExperimentFiles.folder)/quickstart.yaml"
    ).definition
    var turned = quickstart
    turned.stages.reverse()
    let plan = ResolvedPlan(turned)
    #expect(plan.stages.prefix(3).map(\.id) == ["teacher_mlm", "distil", "sentiment"])
    let baseline = try #require(plan.stage(id: "sentiment.no_distillation"))
    #expect(plan.requirements(of: baseline) == ["teacher_mlm"], "through the student's layers")
    #expect(
      plan.stages(neededFor: ["sentiment.teacher"]).map(\.id) == [
        "teacher_mlm", "sentiment.teacher",
      ])
  }

  @Test func equalStagesHaveEqualDigests() throws {
    let first = try digests()
    let renamed = DefinitionText.small
      .replacing("- id: sst2", with: "- id: task").replacing("small", with: "large")
      .replacing("student", with: "pupil").replacing("pupil: pupil", with: "student: pupil")
    let second = try digests(renamed)
    #expect(first.stages["sst2"] == second.stages["task"])
    #expect(first.stages["distil"] == second.stages["distil"])
    #expect(first.stages["sst2"]?.count == 64)
    #expect(Set(first.stages.values).count == first.stages.count)
  }

  @Test(
    "what changes a digest, and of which stages",
    arguments: [
      ("stages.sst2.seed=43", ["sst2", "sst2.mlm_only", "sst2.no_distillation", "sst2.teacher"]),
      (
        "stages.distil.loss.cosine.weight=2", ["distil", "sst2"]
      ),
      ("stages.distil.seed=9", ["distil", "distil.mlm_only", "sst2", "sst2.mlm_only"]),
      ("stages.distil.checkpoint_every.steps=5", []),
      (
        "models.student.token_type=drop",
        ["distil", "distil.mlm_only", "sst2", "sst2.mlm_only", "sst2.no_distillation"]
      ),
      ("models.student.seed=9", []),
      ("question=Why?", []),
    ])
  func changes(option: String, changed: [String]) throws {
    let (before, after) = (try digests(), try digests(DefinitionText.small, [option]))
    let different = before.stages.keys.filter { before.stages[$0] != after.stages[$0] }.sorted()
    #expect(different == changed)
  }

  @Test func everyFactCounts() throws {
    let before = try digests()
    var facts = Self.facts
    facts.numericsVersion = 2
    #expect(try digests(facts: facts).stages["sst2"] != before.stages["sst2"])
    facts = Self.facts
    facts.blasCore = "Haswell"
    #expect(try digests(facts: facts).stages["sst2"] != before.stages["sst2"])
    facts = Self.facts
    facts.corpora[.named("movie_reviews")] = "other"
    #expect(try digests(facts: facts).stages["sst2"] != before.stages["sst2"])
    #expect(
      try digests(facts: facts).stages["sst2.teacher"] == before.stages["sst2.teacher"])
    facts.tasks = [:]
    #expect(throws: MissingDigest(what: "glue/sst2")) { try digests(facts: facts) }
  }

  @Test(
    "the report's step count and warm-up",
    arguments: [
      // recipes.md 1.2: 67,349 examples in batches of 16 are 4,210 steps an epoch, 12,630 in three.
      (["stages.sst2.limit.epochs=3"], 4210, 12630, 0),
      (["stages.sst2.limit.steps=20", "stages.sst2.warmup=0.05"], 4210, 20, 1),
      (["stages.sst2.accumulate=4"], 1053, 3159, 0),
    ])
  func steps(options: [String], perEpoch: Int, total: Int, warmup: Int) throws {
    let stage = try #require(try plan(DefinitionText.small, options).stage(id: "sst2")).stage
    let counts = try #require(
      StepCounts(stage.training, data: DataSize(sequences: 67_349)))
    #expect(counts.stepsPerEpoch == perEpoch)
    #expect(counts.total == total)
    #expect(counts.warmup == warmup)
  }

  @Test func tokensAreAShareOfAnEpoch() throws {
    let stage = try #require(
      try plan(DefinitionText.small, ["stages.distil.limit.tokens=500"]).stage(id: "distil")
    ).stage
    let counts = try #require(
      StepCounts(stage.training, data: DataSize(sequences: 2500, tokens: 1000)))
    #expect(counts.stepsPerEpoch == 10)
    #expect(counts.total == 5)
    #expect(counts.isEstimate)
    #expect(StepCounts(stage.training, data: DataSize(sequences: 2500)) == nil)
  }
}
