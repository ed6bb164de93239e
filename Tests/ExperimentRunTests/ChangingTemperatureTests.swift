// Temperatures that change and logits of several teachers: in definitions, runs, records and pages.
import RetortDistillation
import RetortRecords
import RetortReporting
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Temperatures that change, and several teachers over words")
struct ChangingTemperatureTests {
  private static let soft =
    "on: vocabulary, divergence: forward_kl, scale: t_squared, positions: all, average: sequences"
  private static let text = SmallExperiment.text
    .replacing(
      "      teacher: teacher_mlm\n", with: "      teachers: { a: teacher_mlm, b: teacher }\n"
    )
    .replacing(
      """
            loss:
              soft_targets: { weight: 5.0, temperature: 2.0, positions: all }
              masked_lm: { weight: 2.0 }
              cosine: { weight: 1.0, layer: last }

      """,
      with: """
              account_every: { steps: 2 }
              loss:
                - soft_targets: { weight: 5.0, teacher: [a, b], combine: probabilities, temperature: { linear: { from: 4.0, to: 2.0 } }, \(soft) }
                - soft_targets: { name: alone, weight: 1.0, teacher: b, temperature: 1.0, \(soft) }

        """
    ).replacing("baselines: [no_distillation, mlm_only, teacher]\n", with: "")

  @Test("a run shows the temperature of every step, and is the same stopped and resumed")
  func run() throws {
    #expect(DefinitionText.messages(Self.text) == [])
    let experiment = try SmallExperiment(Self.text)
    let run = try experiment.run(experiment.request(stages: ["distil"]))
    let stage = try #require(run.record.stages.last)
    let formula =
      "loss = 5 · T² · KL(softmax(teacher / T) ‖ softmax(student / T)), T = (4 to 2 over the stage), mean over "
      + "sequences, of each the mean over all its positions, teachers a, b, the mean of their probabilities + 1 · "
    #expect(stage.loss.hasPrefix(formula), "\(stage.loss)")
    #expect(stage.inputs["teachers.b"] == "teacher")
    let lines = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
      .filter { $0.stage == "distil" }
    let steps = lines.filter { $0.event == .step }
    #expect(steps.map { $0.values["soft_targets.temperature"] } == [4, 3.5, 3, 2.5])
    #expect(steps.allSatisfy { $0.values["alone.temperature"] == nil })
    let accounting = try #require(stage.accounting)
    #expect(accounting.points.map(\.scales) == [[16, 1], [9, 1]])
    #expect(stage.curve.scales?.first?.changes == "(4 to 2 over the stage)")
    #expect(try RunRecord.read(path: "\(run.folder)/record.json") == run.record)

    // In another folder, without what is cached: stopped within the stage, and gone on with.
    let other = try SmallExperiment(Self.text)
    let stopped = RunOnlooker()
    stopped.stopsAfter = 6
    #expect(throws: (any Error).self) {
      try other.run(other.request(stages: ["distil"]), stopped)
    }
    let rest = try other.run(other.request(resumes: true, stages: ["distil"]))
    #expect(rest.observer.resumedAt["distil"] == 2)
    #expect(
      try MetricsLog.read(path: "\(rest.folder)/metrics.jsonl")
        .filter { $0.stage == "distil" } == lines)
  }

  @Test("a temperature of each sentence is explained")
  func ofSentences() throws {
    let definition = try DefinitionText.load(
      SmallExperiment.taughtText,
      overrides: [
        "stages.taught.loss.soft_targets.temperature={ flsw: { base: 8, beta: 1, gamma: 2, least: 1 } }",
        "stages.taught.batching.accumulate=2",
      ])
    let stage = try #require(definition.stage(id: "taught"))
    #expect(
      stage.work.formula[0]
        == "loss = 0.5 · τ² · KL(softmax(teacher / τ) ‖ softmax(student / τ)), τ = 8 + 1 · (mean of w - w), at least 1, "
        + "w = (1 - cos(student, teacher))^2 of a sentence's logits, mean over sentences")
    #expect(
      definition.lossNotes.contains {
        $0.hasPrefix(
          "taught: note on soft_targets: the temperatures of sentences are taken over each of the 2"
        )
      }, "\(definition.lossNotes)")
    #expect(try DefinitionText.load(definition.canonicalText) == definition)
  }

  @Test(
    "mistakes",
    arguments: [
      (
        "distil", "temperature={ flsw: { base: 8, beta: 1, gamma: 2, least: 1 } }",
        "soft_targets.temperature: expected a number, linear or steps over a vocabulary, found flsw"
      ),
      (
        "distil", "temperature={ linear: { from: 4, to: 0 } }",
        "soft_targets.temperature.linear.to: expected a number above 0, found 0"
      ),
      (
        "taught", "temperature={ cwsm: { base: 2, beta: 1, least: 3 } }",
        "soft_targets.temperature.cwsm.least: expected at most the base, 2, found 3"
      ),
      (
        "taught", "temperature={ cwsm: { base: 2, beta: 1 } }",
        "soft_targets.temperature.cwsm has no 'least'"
      ),
    ])
  func mistakes(stage: String, setting: String, message: String) {
    let messages = DefinitionText.messages(
      SmallExperiment.taughtText, overrides: ["stages.\(stage).loss.soft_targets.\(setting)"])
    #expect(messages.count == 1 && messages[0].contains(message), "\(messages)")
  }

  @Test(
    "mistakes between several teachers and their temperatures",
    arguments: [
      (
        "combine: probabilities, temperature: { linear: { from: 4.0, to: 2.0 } }, on: vocabulary, divergence: forward_kl",
        "combine: probabilities, temperature: 1.0, on: vocabulary, divergence: logit_mse",
        "soft_targets.combine: expected logits, for a divergence of logits, found probabilities"
      ),
      ("combine: probabilities, ", "", "stages.distil.loss.soft_targets has no 'combine'"),
    ])
  func combinations(part: String, replacement: String, message: String) throws {
    try #require(Self.text.contains(part))
    let messages = DefinitionText.messages(Self.text.replacing(part, with: replacement))
    #expect(messages.contains { $0.contains(message) }, "\(messages)")
  }
}
