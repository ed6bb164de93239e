// A loss as a list of named terms: read, written, set, left out and run.
import RetortDistillation
import RetortRecords
import RetortReporting
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("A loss as a list of terms")
struct LossListTests {
  private static let map = """
          loss:
            soft_targets: { weight: 5.0, temperature: 2.0, positions: all }
            masked_lm: { weight: 2.0 }
            cosine: { weight: 1.0, layer: last }

    """
  private static let twoTemperatures = """
          loss:
            - soft_targets: { name: warm, on: vocabulary, weight: 5.0, temperature: 2.0, divergence: forward_kl, scale: t_squared, positions: all, average: tokens }
            - soft_targets: { name: cold, on: vocabulary, weight: 1.0, temperature: 1.0, divergence: forward_kl, scale: t_squared, positions: masked, average: tokens }
            - masked_lm: { weight: 2.0 }

    """

  private static func small(loss: String) -> String { DefinitionText.small(map, loss) }

  @Test("what a map can say is the same definition in a list, with the same digest")
  func sameAsMap() throws {
    let list = """
            loss:
              - soft_targets: { on: vocabulary, weight: 5.0, temperature: 2.0, divergence: forward_kl, scale: t_squared, positions: all, average: tokens }
              - masked_lm: { weight: 2.0 }
              - cosine: { weight: 1.0, layer: last }

      """
    let (written, standard) = try (
      DefinitionText.load(Self.small(loss: list)), DefinitionText.load(DefinitionText.small)
    )
    #expect(written.canonicalText == standard.canonicalText)
    // A mean over sequences is another loss, in a map as in a list.
    let bySequence = try [
      (Self.map, "positions: all }", "positions: all, average: sequences }"),
      (list, "average: tokens", "average: sequences"),
    ].map { loss, part, other in
      try DefinitionText.load(Self.small(loss: loss.replacing(part, with: other))).canonicalText
    }
    #expect(bySequence[0] == bySequence[1] && bySequence[0].contains("average: sequences"))
    #expect(!standard.canonicalText.contains("average"))
    // A term that is left out counts as one with a weight of 0, in both.
    let part = try DefinitionText.load(
      Self.small(loss: "      loss: [{ masked_lm: { weight: 2.0 } }]\n"))
    #expect(try DefinitionText.load(part.canonicalText) == part)
    #expect(part.canonicalText.contains("cosine:") && part.canonicalText.contains("weight: 0.0"))
  }

  @Test("terms of one kind keep their names and their order")
  func names() throws {
    let definition = try DefinitionText.load(Self.small(loss: Self.twoTemperatures))
    let loss = try #require(definition.stage(id: "distil")?.work.statedLoss)
    #expect(loss.terms.map(\.name) == ["warm", "cold", "masked_lm"])
    #expect(try DefinitionText.load(definition.canonicalText) == definition)
    let text = PlanExplanation(
      ResolvedPlan(definition), filled: [], sizes: [:], look: { _ in .absent }
    ).text
    #expect(
      text.contains(
        "loss = 5 · 2² · KL(softmax(teacher / 2) ‖ softmax(student / 2)), mean over all positions"))
    #expect(
      text.contains(
        "+ 1 · 1² · KL(softmax(teacher / 1) ‖ softmax(student / 1)), mean over masked positions"))
    let reversed = try DefinitionText.load(
      Self.small(
        loss: """
                loss:
                  - masked_lm: { weight: 2.0 }
                  - cosine: { weight: 1.0, layer: last }
                  - soft_targets: { on: vocabulary, weight: 5.0, temperature: 2.0, divergence: forward_kl, scale: t_squared, positions: all, average: tokens }

          """))
    #expect(
      reversed.stage(id: "distil")?.work.statedLoss?.terms.map(\.name)
        == ["masked_lm", "cosine", "soft_targets"])
  }

  @Test("--set and ablate call a term by its name")
  func paths() throws {
    let text = Self.small(loss: Self.twoTemperatures)
    let definition = try DefinitionText.load(
      text,
      overrides: [
        "stages.distil.loss.cold.weight=0.5", "stages.distil.loss.masked_lm.weight=1",
        "stages.distil.loss.0.soft_targets.temperature=4",
      ])
    let terms = try #require(definition.stage(id: "distil")?.work.statedLoss).terms
    #expect(terms.map(\.weight) == [.constant(5), .constant(0.5), .constant(1)])
    #expect((terms[0].term as? SoftTargets)?.settings.temperature == .constant(4))
    #expect(
      DefinitionText.messages(text, overrides: ["stages.distil.loss.col.weight=1"]) == [
        "--set stages.distil.loss.col.weight=1: 'col' in 'stages.distil.loss.col.weight': expected one "
          + "of warm, cold, masked_lm"
      ])
    let loaded = try LoadedDefinition.load(text: text + "ablate: [cold]\n", path: "x.yaml")
    let without = try #require(loaded.variants.last?.definition.stage(id: "distil")?.work)
    #expect(without.objective.names == ["warm", "masked_lm"])
    #expect(
      DefinitionText.messages(text + "ablate: [colt]\n").first?.contains("did you mean 'cold'?")
        == true)
  }

  @Test(
    "mistakes",
    arguments: [
      (
        "- masked_lm: { weight: 2.0 }", "- cold: { weight: 2.0 }",
        "x.yaml:21:11: unknown key 'cold' in stages.distil.loss.2; possible here: soft_targets, masked_lm, "
      ),
      (
        "- masked_lm: { weight: 2.0 }", "- masked_lm:",
        "found masked_lm with nothing below it"
      ),
      (
        "name: cold", "name: warm",
        "x.yaml:20:11: stages.distil.loss.1: another term is called warm; give one of them a name: of its own"
      ),
      (
        "name: cold", "name: loss",
        "x.yaml:20:33: stages.distil.loss.loss.name: 'loss' means something else; give the term another name"
      ),
      (
        "name: cold, on: vocabulary, weight: 1.0", "name: cold, on: vocabulary",
        "x.yaml:20:25: stages.distil.loss.cold has no 'weight': expected a number of at least 0"
      ),
      (
        "- masked_lm: { weight: 2.0 }",
        "- { masked_lm: { weight: 2.0 }, cosine: { weight: 1.0, layer: last } }",
        "x.yaml:21:11: stages.distil.loss.2: expected one of soft_targets, masked_lm, cosine, hidden, sentence, gram, "
          + "attention, relations, found masked_lm and cosine"
      ),
      (
        "positions: all, average: tokens", "positions: all",
        "x.yaml:19:25: stages.distil.loss.warm has no 'average': expected tokens or sequences, as in average: tokens"
      ),
      (
        "divergence: forward_kl, scale: t_squared", "divergence: forward_kl",
        "x.yaml:19:25: stages.distil.loss.warm has no 'scale': expected t_squared or none, as in scale: t_squared"
      ),
      (
        "weight: 5.0", "weight: { linear: { from: 1.0 } }",
        "x.yaml:19:73: stages.distil.loss.warm.weight.linear has no 'to'"
      ),
      (
        "weight: 5.0", "weight: { steps: { 5: 1.0 } }",
        "x.yaml:19:72: stages.distil.loss.warm.weight.steps: expected a map of steps and values that begins "
          + "with step 0"
      ),
      (
        "weight: 5.0", "weight: { steps: { 0: 1.0, 3: 0.5, 3: 0.1 } }", "given twice"
      ),
      (
        "weight: 5.0", "weight: { steps: { 0: 1.0, 3: -1 } }",
        "x.yaml:19:85: stages.distil.loss.warm.weight.steps.3: expected a number of at least 0, found -1"
      ),
    ])
  func mistakes(part: String, replacement: String, message: String) {
    let text = Self.small(loss: Self.twoTemperatures).replacing(
      part, with: replacement, maxReplacements: 1)
    let messages = DefinitionText.messages(text)
    #expect(messages.count == 1 && messages[0].contains(message), "\(messages)")
  }

  @Test("weights change by the step, in the loss, the log and the accounts")
  func schedule() throws {
    let experiment = try SmallExperiment()
    let run = try experiment.run(
      experiment.request(
        stages: ["distil"],
        overrides: [
          "baselines=[]", "stages.distil.account_every={ steps: 2 }",
          "stages.distil.loss=[{ soft_targets: { name: warm, on: vocabulary, weight: { linear: { from: 4.0, to: 0.0, "
            + "share: 0.5 } }, temperature: 2.0, divergence: forward_kl, scale: t_squared, positions: all, average: tokens } }, { soft_targets: { name: cold, on: vocabulary, "
            + "weight: { steps: { 0: 0.5, 3: 1.0 } }, temperature: 1.0, divergence: forward_kl, scale: t_squared, positions: all, average: tokens } }]",
        ]))
    let stage = try #require(run.record.stages.last)
    #expect(stage.steps == 4)
    #expect(
      stage.loss.hasPrefix(
        "loss = (4 to 0 over the first 50 % of the steps) · 2² · KL(softmax(teacher / 2)"))
    #expect(stage.loss.contains(" + (0.5, 1 from step 4) · 1² · KL("), "\(stage.loss)")
    let lines = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
      .filter { $0.stage == "distil" }
    let steps = lines.filter { $0.event == .step }
    let (warm, cold) = ([4.0, 2.0, 0.0, 0.0], [0.5, 0.5, 0.5, 1.0])
    try #require(steps.count == 4)
    for (index, line) in steps.enumerated() {
      let values = try #require(
        line.values["warm"].flatMap { a in line.values["cold"].map { (a, $0) } })
      #expect(line.values["loss"] == warm[index] * values.0 + cold[index] * values.1)
    }
    let accounting = try #require(stage.accounting)
    #expect(accounting.points.map(\.weights) == [[4, 0.5], [0, 0.5]])
    #expect(
      accounting.terms.map(\.measures) == [["warm.teacher_entropy"], ["cold.teacher_entropy"]])
    for point in accounting.points {
      #expect(Set(point.measurements.keys) == ["warm.teacher_entropy", "cold.teacher_entropy"])
    }
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)
  }

  @Test("a value by steps")
  func values() {
    let line = StepValue.linear(from: 1, to: 3, share: 1)
    #expect((0...4).map { line.value(step: $0, of: 4) } == [1, 1.5, 2, 2.5, 3])
    let starts = StepValue.steps([.init(step: 0, value: 2), .init(step: 2, value: 5)])
    #expect((0...3).map { starts.value(step: $0, of: 9) } == [2, 2, 5, 5])
    #expect(StepValue.constant(7).value(step: 3, of: 4) == 7)
    #expect(line.largest == 3 && line.smallest == 1 && starts.largest == 5)
  }
}
