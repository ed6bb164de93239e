// Losses that fine-tunings and pre-trainings state themselves: with a teacher or without one.
import RetortOptions
import RetortRecords
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Stated losses")
struct StatedLossTests {
  private static let taughtLoss =
    "loss: { soft_targets: { weight: 0.5, temperature: 2.0 }, cross_entropy: { weight: 0.25 } }"

  private static let softly = "weight: 1, temperature: 2, positions: all"

  private func definition(_ overrides: [String]) throws -> ResolvedDefinition {
    try LoadedDefinition.load(
      text: SmallExperiment.taughtText, path: "x.yaml", overrides: overrides
    )
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
        "stages.teacher_mlm.loss={ soft_targets: { weight: 1, temperature: 1, positions: all } }"
      ])
      Issue.record("a pre-training has no teacher")
    } catch let error as DefinitionError {
      #expect(
        error.diagnostics.count == 1
          && "\(error)".contains(
            "stages.teacher_mlm.loss.soft_targets reads a teacher, which a pretrain stage does not have"
          ),
        "\(error)")
    }
  }

  @Test("a teacher whose class logits nobody reads needs no classifier, and trains")
  func teacherWithoutClassifier() throws {
    let text = SmallExperiment.taughtText.replacing(
      "teacher: judge, ", with: "teacher: teacher_mlm, "
    )
    .replacing(
      Self.taughtLoss,
      with:
        "account_every: { steps: 2 }, loss: { cross_entropy: { weight: 0.5 }, "
        + "hidden: { weight: 0.5, compare: mse, states: [[2, 1]], positions: all, average: tokens } }"
    )
    #expect(DefinitionText.messages(text) == [])
    let experiment = try SmallExperiment(text)
    let run = try experiment.run(experiment.request(stages: ["taught"]))
    #expect(run.observer.stages.suffix(1) == ["taught"] && !run.observer.stages.contains("judge"))
    let stage = try #require(run.record.stages.last)
    #expect(stage.inputs["teacher"] == "teacher_mlm")
    // Of a fine-tuning too, the gradient is broken down by term.
    let breakdowns = try #require(stage.accounting)
    #expect(breakdowns.every == 2 && breakdowns.points.map(\.step) == [1, 3, 5])
    #expect(breakdowns.terms.map(\.name) == ["cross_entropy", "hidden"])
    #expect(breakdowns.points.allSatisfy { $0.gradientNorms.allSatisfy { $0 > 0 } })
  }

  @Test("a term of weight 0 that is neither measured nor always written changes no digest")
  func withoutWeight() throws {
    for (stage, term) in [
      (
        "distil",
        "hidden={ weight: 0, compare: mse, states: [[0, 0]], positions: all, average: tokens }"
      ),
      ("taught", "cosine={ weight: 0, layer: last }"),
    ] {
      let (plain, left) = (
        try digest(stage, []), try digest(stage, ["stages.\(stage).loss.\(term)"])
      )
      #expect(plain == left)
    }
    #expect(
      try digest("distil", [])
        != digest(
          "distil",
          [
            "stages.distil.loss.hidden={ weight: 1, compare: mse, states: [[0, 0]], positions: all, average: tokens }"
          ]))
  }

  @Test("a divergence and its numbers are in the digest, what stands without being written is not")
  func divergenceDigests() throws {
    func distil(_ key: String, _ value: String) throws -> String {
      try digest("distil", ["stages.distil.loss.soft_targets.\(key)=\(value)"])
    }
    let plain = try digest("distil", [])
    #expect(!plain.contains("divergence"))
    for (key, standard) in [
      ("divergence", "forward_kl"), ("scale", "t_squared"), ("targets", "soft"),
    ] {
      #expect(try distil(key, standard) == plain)
    }
    let others = try [
      ("divergence", "reverse_kl"), ("divergence", "{ jensen_shannon: 0.5 }"),
      ("divergence", "{ jensen_shannon: 0.1 }"),
      ("divergence", "{ pearson: { rows: 1, columns: 0 } }"),
      ("scale", "none"), ("targets", "hard"), ("kept_logits", "8"),
    ].map(distil)
    #expect(Set(others + [plain]).count == 8)
  }

  @Test(
    "what does not go together is one mistake that says what to write",
    arguments: [
      (
        "loss={ reverse_kl: { weight: 1, temperature: 1, positions: all }, masked_lm: { weight: 1 } }",
        "loss.reverse_kl is a key of an earlier version; write soft_targets with divergence: reverse_kl"
      ),
      (
        "loss={ logit_mse: { weight: 1, positions: all }, masked_lm: { weight: 1 } }",
        "loss.logit_mse is a key of an earlier version; write soft_targets with divergence: logit_mse"
      ),
      (
        "loss.soft_targets.divergence=revers_kl",
        "did you mean"
      ),
      (
        "loss.soft_targets.divergence={ jensen_shannon: 1 }",
        "divergence.jensen_shannon: expected a number above 0 and below 1, found 1"
      ),
      (
        "loss.soft_targets.divergence={ decoupled: { target: 1 } }",
        "divergence.decoupled has no 'others'"
      ),
      (
        "loss.soft_targets={ \(softly), divergence: { decoupled: { target: 1, others: 8 } } }",
        "soft_targets.positions: expected masked, found all; decoupled needs the word that was masked"
      ),
      (
        "loss.soft_targets.divergence={ pearson: { rows: 1, columns: 1 } }",
        "divergence.pearson.columns: expected 0 over a vocabulary, found a weight"
      ),
      (
        "loss.soft_targets.divergence={ pearson: { rows: 0, columns: 0 } }",
        "divergence.pearson: expected a weight above 0, found none"
      ),
      (
        "loss.soft_targets={ \(softly), divergence: reverse_kl, targets: hard }",
        "soft_targets.targets: expected soft, found hard; hard targets go with forward_kl"
      ),
      (
        "loss.soft_targets={ \(softly), divergence: reverse_kl, kept_logits: 8 }",
        "soft_targets.kept_logits: expected no such key, found 8"
      ),
      (
        "loss.soft_targets.kept_logits=100000", "soft_targets.kept_logits: expected fewer than"
      ),
    ])
  func divergenceMistakes(override: String, message: String) {
    do {
      _ = try definition(["stages.distil.\(override)"])
      Issue.record("\(override) was accepted")
    } catch let error as DefinitionError {
      #expect(
        error.diagnostics.count == 1 && "\(error)".contains(message), "\(override): \(error)")
    } catch {
      Issue.record("\(error)")
    }
  }

  @Test(
    "what has no gradient on two classes is refused, at its number",
    arguments: [
      ("{ decoupled: { target: 1, others: 8 } }", "divergence.decoupled.others: expected 0"),
      ("{ pearson: { rows: 1, columns: 1 } }", "divergence.pearson.rows: expected 0"),
      ("standardised_kl", "divergence: expected another divergence"),
    ])
  func deadOnTwoClasses(divergence: String, message: String) throws {
    let path = "stages.taught.loss.soft_targets.divergence"
    do {
      _ = try definition(["\(path)=\(divergence)"])
      Issue.record("\(divergence) was accepted")
    } catch let error as DefinitionError {
      #expect(
        error.diagnostics.count == 1
          && "\(error)".contains(
            "\(message), found two classes; this term has no gradient on two classes"),
        "\(error)")
    }
    let left = try definition(["\(path)={ pearson: { rows: 0, columns: 1 } }"])
    let formula = try #require(left.stage(id: "taught")).work.formula
    #expect(
      formula.contains { $0.hasPrefix("note on soft_targets: ") && $0.contains("micro-batch") })
  }

  @Test("without its only term that reads a teacher, a fine-tuning learns from the labels alone")
  func onlyTeacherTerm() throws {
    let text = SmallExperiment.taughtText.replacing(
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
          "stages.distil.loss.hidden={ weight: 1, compare: mse, states: [[90, 0]], positions: all, average: tokens }",
        ])
        Issue.record("three mistakes were accepted")
      } catch let error as DefinitionError {
        #expect(error.diagnostics.count == 3, "\(error)")
        for part in ["sizes.\(size)", "sequence_length", "hidden.states.0.0"] {
          #expect(error.diagnostics.contains { $0.problem.contains(part) }, "\(error)")
        }
      } catch {
        Issue.record("\(error)")
      }
    }
  }
}
