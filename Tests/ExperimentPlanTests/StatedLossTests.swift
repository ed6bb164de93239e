// Losses that fine-tunings and pre-trainings state themselves: with a teacher or without one.
import RetortOptions
import RetortRecords
import Testing

@testable import RetortExperimentPlan

@Suite("Stated losses")
struct StatedLossTests {
  private static let taughtLoss =
    "loss: { soft_targets: { weight: 0.5, temperature: 2.0 }, cross_entropy: { weight: 0.25 } }"

  private func definition(_ overrides: [String]) throws -> ResolvedDefinition {
    try LoadedDefinition.load(text: TeachingTests.text, path: "x.yaml", overrides: overrides)
      .definition
  }

  private func digest(_ stage: String, _ overrides: [String]) throws -> String {
    let stage = try #require(try definition(overrides).stage(id: stage))
    return CanonicalText.write(
      stage.canonicalForDigest(inputs: [], data: [], versions: stage.versions), sorted: true)
  }

  @Test("a fine-tuning without a teacher has the loss that it states")
  func withoutTeacher() throws {
    let stated = try definition(["stages.judge.loss={ cross_entropy: { weight: 2 } }"])
    let judge = try #require(stated.stage(id: "judge"))
    #expect(judge.work.formula == ["loss = 2 · CE(labels), mean over sentences"])
    #expect(judge.inputs == ["teacher_mlm"])
    #expect(try DefinitionText.load(stated.canonicalText) == stated)
    #expect(
      try digest("judge", []) != digest("judge", ["stages.judge.loss.cross_entropy.weight=2"]))
  }

  @Test("a pre-training has the loss that it states, and no term that needs a teacher")
  func pretraining() throws {
    let stated = try definition(["stages.teacher_mlm.loss={ masked_lm: { weight: 2 } }"])
    #expect(
      try #require(stated.stage(id: "teacher_mlm")).work.formula
        == ["loss = 2 · CE(masked tokens), mean over masked tokens"])
    do {
      _ = try definition([
        "stages.teacher_mlm.loss={ reverse_kl: { weight: 1, temperature: 1, positions: all } }"
      ])
      Issue.record("a pre-training has no teacher")
    } catch let error as DefinitionError {
      #expect(
        error.diagnostics.count == 1
          && "\(error)".contains(
            "stages.teacher_mlm.loss.reverse_kl reads a teacher, which a pretrain stage does not have"
          ),
        "\(error)")
    }
  }

  @Test("a teacher whose class logits nobody reads needs no classifier, and trains")
  func teacherWithoutClassifier() throws {
    let text = TeachingTests.text.replacing("teacher: judge, ", with: "teacher: teacher_mlm, ")
      .replacing(
        Self.taughtLoss,
        with:
          "account_every: { steps: 2 }, loss: { cross_entropy: { weight: 0.5 }, "
          + "hidden_mse: { weight: 0.5, pairs: [{ student: 1, teacher: 2 }] } }")
    #expect(DefinitionText.messages(text) == [])
    let experiment = try SmallExperiment(text)
    let run = try experiment.run(experiment.request(stages: ["taught"]))
    #expect(run.observer.stages.suffix(1) == ["taught"] && !run.observer.stages.contains("judge"))
    let stage = try #require(run.record.stages.last)
    #expect(stage.inputs["teacher"] == "teacher_mlm")
    // Of a fine-tuning too, the gradient is broken down by term.
    let breakdowns = try #require(stage.accounting)
    #expect(breakdowns.every == 2 && breakdowns.points.map(\.step) == [1, 3, 5])
    #expect(breakdowns.terms.map(\.name) == ["cross_entropy", "hidden_mse"])
    #expect(breakdowns.points.allSatisfy { $0.gradientNorms.allSatisfy { $0 > 0 } })
  }

  @Test("a term of weight 0 that is neither measured nor always written changes no digest")
  func withoutWeight() throws {
    for (stage, term) in [
      ("distil", "logit_mse={ weight: 0, positions: all }"),
      ("taught", "cosine={ weight: 0, layer: last }"),
    ] {
      let (plain, left) = (
        try digest(stage, []), try digest(stage, ["stages.\(stage).loss.\(term)"])
      )
      #expect(plain == left)
    }
    #expect(
      try digest("distil", [])
        != digest("distil", ["stages.distil.loss.logit_mse={ weight: 1, positions: all }"]))
  }

  @Test("without its only term that reads a teacher, a fine-tuning learns from the labels alone")
  func onlyTeacherTerm() throws {
    let text = TeachingTests.text.replacing(
      "random: counter\n", with: "random: counter\nablate: [class_terms]\n"
    ).replacing("ablate: [class_terms]", with: "ablate: [soft_targets]")
      .replacing("soft_targets: { weight: 5.0", with: "soft_targets: { weight: 0")
    let loaded = try LoadedDefinition.load(text: text, path: "x.yaml", overrides: [])
    let taught = try #require(loaded.variants.last?.definition.stage(id: "taught"))
    #expect(taught.inputs == ["distil"] && taught.work.objective.names == ["cross_entropy"])
  }

  @Test("a classifier that is not kept is said so, and the digest is the same as ever")
  func replacedClassifier() throws {
    func judge(_ overrides: [String]) throws -> StageDefinition {
      try #require(
        try definition(["stages.taught.model=judge", "stages.taught.teacher=distil"] + overrides)
          .stage(id: "taught"))
    }
    let loss =
      "stages.taught.loss={ cross_entropy: { weight: 1 }, cosine: { weight: 1, layer: last } }"
    let sayings = try [[loss], [loss, "stages.taught.head={ kind: classification, init: new }"]]
      .map { try #require(try judge($0).work.remark) }
    #expect(sayings.allSatisfy { $0.contains("that of judge is not used") }, "\(sayings)")
    #expect(sayings[0].contains("init: stored"))
    #expect(
      try definition(["stages.judge.head={ kind: classification, init: new }"]).stage(id: "judge")?
        .work.remark == "classifier: new, drawn from the seed", "there is none to keep")
    #expect(
      try judge([loss, "stages.taught.head={ kind: classification, init: stored }"]).work.remark
        == "classifier: kept as it is stored with judge")
  }

  @Test("no two things that a version can be raised of have the same name")
  func versionNames() throws {
    let definition = try definition([
      "stages.taught.schedule={ name: cosine, cycles: 0.5, warmup: 0 }",
      "stages.taught.loss.cosine={ weight: 1, layer: last }",
    ])
    let names = try #require(definition.stage(id: "taught")).versions.map(\.name)
    #expect(Set(names).count == names.count)
    #expect(names.contains("schedule.cosine") && names.contains("loss.cosine"), "\(names)")
  }

  @Test("a wrong size hides nothing that does not depend on it")
  func wrongSizes() {
    for size in ["layer_norm_epsilon", "initializer_range", "hidden_size", "head_count"] {
      do {
        _ = try definition([
          "models.teacher.sizes.\(size)=0", "stages.teacher_mlm.sequence_length=4000",
          "stages.distil.loss.hidden_mse={ weight: 1, pairs: [{ student: 0, teacher: 90 }] }",
        ])
        Issue.record("three mistakes were accepted")
      } catch let error as DefinitionError {
        #expect(error.diagnostics.count == 3, "\(error)")
        for part in ["sizes.\(size)", "sequence_length", "hidden_mse.pairs.0.teacher"] {
          #expect(error.diagnostics.contains { $0.problem.contains(part) }, "\(error)")
        }
      } catch {
        Issue.record("\(error)")
      }
    }
  }
}
