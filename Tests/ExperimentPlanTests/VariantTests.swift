// What a sweep and an ablation make of a definition, and the mistakes that can be made in them.
import RetortOptions
import RetortText
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite struct VariantTests {
  private func variants(
    _ more: String, of text: String = DefinitionText.small, overrides: [String] = []
  ) throws -> [DefinitionVariant] {
    try LoadedDefinition.load(text: text + more, path: "x.yaml", overrides: overrides).variants
  }

  private func loss(_ variant: DefinitionVariant) throws -> [Double] {
    guard let stage = variant.definition.stage(id: "distil")?.work as? DistillStage else {
      throw DefinitionError([])
    }
    return ["soft_targets", "masked_lm", "cosine"].map { name in
      stage.loss.terms.first { $0.name == name }?.weight.constant ?? 0
    }
  }

  // MARK: Points

  @Test func aDefinitionWithoutASweepIsItsOnlyVariant() throws {
    let loaded = try LoadedDefinition.load(text: DefinitionText.small, path: "x.yaml")
    #expect(loaded.variants.map(\.definition) == [loaded.definition])
    #expect(loaded.variants[0].point == nil)
    #expect(loaded.variants[0].runName == "small")
  }

  @Test func eachPointIsAWholeDefinition() throws {
    let variants = try variants("sweep: { stages.sst2.seed: [42, 43] }\n")
    #expect(variants.map(\.runName) == ["small@stages.sst2.seed=42", "small@stages.sst2.seed=43"])
    #expect(variants.map { $0.definition.stage(id: "sst2")?.training.seed } == [42, 43])
    for variant in variants {
      #expect(variant.definition.sweep.isEmpty)
      #expect(variant.definition.baselines.count == 3)
      let again = try DefinitionText.load(variant.definition.canonicalText)
      #expect(again == variant.definition)
    }
  }

  @Test func seedsChangeSlowestAndNamesKeepTheOrderOfWriting() throws {
    let variants = try variants(
      """
      sweep:
        stages.distil.loss.cosine.weight: [1, 2.0]
        stages.sst2.seed: [42, 43]

      """)
    #expect(
      variants.map { $0.point?.point } == [
        "stages.distil.loss.cosine.weight=1, stages.sst2.seed=42",
        "stages.distil.loss.cosine.weight=2.0, stages.sst2.seed=42",
        "stages.distil.loss.cosine.weight=1, stages.sst2.seed=43",
        "stages.distil.loss.cosine.weight=2.0, stages.sst2.seed=43",
      ])
    #expect(try variants.map(loss) == [[5, 2, 1], [5, 2, 2], [5, 2, 1], [5, 2, 2]])
  }

  @Test func anAblationLeavesOneThingOutAtATime() throws {
    let variants = try variants("ablate: [soft_targets, cosine, masked_lm, init]\n")
    #expect(
      variants.map(\.runName) == [
        "small@full-loss", "small@without-soft_targets", "small@without-cosine",
        "small@without-masked_lm", "small@random-init",
      ])
    #expect(try variants.map(loss) == [[5, 2, 1], [0, 2, 1], [5, 2, 0], [5, 0, 1], [5, 2, 1]])
    let students = variants.compactMap { $0.definition.model(named: "student") }
    for student in students.dropLast() { #expect(student == students[0]) }
    guard case .randomStudent(let sizes) = students[4].source else {
      Issue.record("the student still has the teacher's layers")
      return
    }
    #expect(sizes.layers == [0, 2, 4, 7, 9, 11])
    #expect(students[4].maskedLMHead == .new, "its head is drawn too")
    #expect(variants.map(\.definition.baselines.count) == [3, 0, 0, 0, 0])
    for variant in variants {
      #expect(variant.definition.ablate.isEmpty)
      #expect(variant.definition.stage(id: "sst2") == variants[0].definition.stage(id: "sst2"))
      #expect(try DefinitionText.load(variant.definition.canonicalText) == variant.definition)
    }
  }

  @Test func underEachPointOfASweepTheFullLossComesFirst() throws {
    let variants = try variants("ablate: cosine\nsweep: { seed: [1, 2] }\n")
    #expect(
      variants.map { $0.point?.point } == [
        "seed=1", "seed=1, without cosine", "seed=2", "seed=2, without cosine",
      ])
    #expect(variants.map(\.definition.seed) == [1, 1, 2, 2])
    #expect(try variants.map { try loss($0)[2] } == [1, 0, 1, 0])
  }

  @Test func optionsReachASweepAndTakeItAway() throws {
    let text = "sweep: { seed: [1, 2] }\nablate: [init]\n"
    #expect(try variants(text, overrides: ["sweep=", "ablate="]).count == 1)
    let others = try variants(
      text, overrides: ["sweep={stages.sst2.limit.steps: [5, 6, 7]}", "ablate=[]"])
    #expect(
      others.map { $0.definition.stage(id: "sst2")?.training.limit }
        == [.steps(5), .steps(6), .steps(7)])
  }

  // MARK: Sharing

  @Test func onlyWhatAKeyTouchesIsComputedAgain() throws {
    let variants = try variants(
      "sweep: { stages.sentiment.seed: [3, 4] }\nablate: [soft_targets, init]\n",
      of: SmallExperiment.text, overrides: ["baselines=[teacher]"])
    let rows = VariantSharing(variants).rows
    #expect(
      rows.map { $0.computed.map(\.id) } == [
        ["teacher_mlm", "distil", "sentiment", "sentiment.teacher"],
        ["distil", "sentiment"], ["distil", "sentiment"],
        ["sentiment", "sentiment.teacher"], ["sentiment"], ["sentiment"],
      ])
    #expect(
      rows.map(\.shared) == [
        [], ["teacher_mlm"], ["teacher_mlm"], ["teacher_mlm", "distil"],
        ["teacher_mlm", "distil"], ["teacher_mlm", "distil"],
      ])
    let lines = VariantSharing(variants).lines(taskSizes: [:])
    #expect(lines.count == 7)
    #expect(
      lines[2]
        == "  2. stages.sentiment.seed=3, without soft_targets: computes distil (4 steps), "
        + "sentiment (6 steps); shares teacher_mlm")
  }

  @Test func anExplanationListsTheVariants() throws {
    let loaded = try LoadedDefinition.load(
      text: DefinitionText.small + "sweep: { stages.sst2.seed: [42, 43] }\n", path: "x.yaml")
    let text = PlanExplanation(
      ResolvedPlan(loaded.definition), filled: loaded.filledValues, variants: loaded.variants,
      tasks: [
        .builtIn(NamedTask(GLUETask.sst2)): KnownTask(size: DataSize(sequences: 67_349))
      ]
    ).text
    #expect(text.contains("Sweep of stages.sst2.seed: 42, 43\nVariants, in the order"))
    #expect(text.contains("\n  2. stages.sst2.seed=43: computes sst2 (12,630 steps), "))
    #expect(text.contains("; shares distil, distil.mlm_only\n"))
  }

  // MARK: Mistakes

  @Test func valuesAreChecked() {
    let text =
      DefinitionText.small + "sweep:\n  stages.sst2.batch_size: [16, 0]\n  stages.x.seed: [1]\n"
    #expect(
      DefinitionText.messages(text) == [
        "x.yaml:36:32: sweep value 0: stages.sst2.batching.batch_size: expected a whole "
          + "number from 1 to 2147483647, found 0",
        "x.yaml:37:3: no stage 'x'; possible here: distil, sst2",
      ])
  }

  @Test(
    "mistakes in a sweep",
    arguments: [
      (
        "sweep: { stages.sst2.sede: [1] }",
        "x.yaml:35:29: sweep value 1: unknown key 'sede' in stages.sst2; did you mean 'seed'?"
      ),
      (
        "sweep: { seed: [] }",
        "x.yaml:35:16: sweep.seed: expected a list of values, found a list of 0"
      ),
      ("sweep: { seed: 3 }", "x.yaml:35:16: sweep.seed: expected a list of values, found 3"),
      (
        "sweep: { name: [a, b] }",
        "x.yaml:35:10: sweep.name changes no result: expected a key of models, stages or the seed"
      ),
      (
        "sweep: { stages.sst2.id: [a, b] }",
        "x.yaml:35:10: sweep.stages.sst2.id changes no result: expected a key of models, stages or "
          + "the seed"
      ),
      (
        "sweep: { seed: [1, 2, 1] }",
        "x.yaml:35:23: sweep.seed: 1 is given twice; keep one of them"
      ),
      (
        "sweep: { stages.sst2.checkpoint_every.steps: [1, 2] }",
        "x.yaml:35:8: the points stages.sst2.checkpoint_every.steps=1 and "
          + "stages.sst2.checkpoint_every.steps=2 compute the same; keep one of them"
      ),
      (
        "sweep: { stages.sst2.seed: [1, 2], stages.sst2.finetune.seed: [3] }",
        "x.yaml:35:8: the points stages.sst2.seed=1, stages.sst2.finetune.seed=3 and "
          + "stages.sst2.seed=2, stages.sst2.finetune.seed=3 compute the same; keep one of them"
      ),
      (
        "sweep: { seed: [1, 2], seed: [3] }",
        "x.yaml:35:24: the key 'seed' is given twice (first at x.yaml:35:10); keep one of them"
      ),
    ])
  func mistakes(line: String, message: String) {
    #expect(DefinitionText.messages(DefinitionText.small + line + "\n") == [message])
  }

  @Test(
    "mistakes in an ablation",
    arguments: [
      (
        "ablate: [cosine, init, cosine]", "",
        "x.yaml:35:24: ablate.2: cosine is given twice; keep one"
      ),
      (
        "ablate: [cosin]", "",
        "x.yaml:35:10: ablate.0 'cosin' is not in the experiment to be left out; did you mean 'cosine'?"
      ),
      (
        "ablate: [cosine]", "stages.distil.loss.cosine.weight=0",
        "x.yaml:35:10: ablate.0 'cosine' is not in the experiment to be left out; leave it out of "
          + "'ablate', or give it a weight"
      ),
      (
        "ablate: [masked_lm]",
        "stages.distil.loss={soft_targets: {weight: 0, temperature: 1, positions: all}, "
          + "masked_lm: {weight: 1}, cosine: {weight: 0, layer: last}}",
        "x.yaml:35:10: without masked_lm: stages.distil.loss: expected at least one term with a weight "
          + "above 0, found none"
      ),
    ])
  func ablationMistakes(line: String, option: String, message: String) {
    #expect(
      DefinitionText.messages(
        DefinitionText.small + line + "\n", overrides: option.isEmpty ? [] : [option])
        == [message])
  }

  @Test func anOptionAndASweepOfTheSameKeyContradictEachOther() {
    let text = DefinitionText.small + "sweep: { stages.sst2.seed: [1, 2] }\n"
    #expect(
      DefinitionText.messages(text, overrides: ["stages.sst2.seed=7"]) == [
        "--set stages.sst2.seed=7: the sweep sets stages.sst2.seed too; leave the option out, or run "
          + "without the sweep: --set sweep="
      ])
    #expect(
      DefinitionText.messages(text, overrides: ["stages.sst2.seed=7", "sweep="]).isEmpty)
  }

  @Test func tooManyPointsAreRefusedBeforeAnyIsLookedAt() {
    let values = (1...20).map(String.init).joined(separator: ", ")
    let text = """
      \(DefinitionText.small)sweep:
        seed: [\(values)]
        stages.sst2.seed: [\(values)]

      """
    #expect(
      DefinitionText.messages(text) == [
        "x.yaml:36:3: sweep and ablate: expected at most 256 points together, found 400; "
          + "sweep fewer keys at a time"
      ])
  }

  @Test func aRandomStudentIsWrittenLikeAnyOther() throws {
    let text = DefinitionText.small(
      "    token_type: fold\n",
      """
          token_type: fold
          random_weights: true
          head: { kind: masked_lm, init: new }

      """)
    let definition = try DefinitionText.load(text)
    guard case .randomStudent = definition.model(named: "student")?.source else {
      Issue.record("not a random student")
      return
    }
    #expect(
      DefinitionText.messages(text.replacing("init: new }", with: "init: copied }")) == [
        "x.yaml:12:36: models.student.head.init: expected new, found 'copied'; 'copied' is for "
          + "models made with init_from, random_weights not set"
      ])
    #expect(
      DefinitionText.messages(text.replacing("[0, 2, 4, 7, 9, 11]", with: "[0, 12]")).count == 1)
  }
}
