import RetortDistillation
// Fine-tunings with a teacher: in definitions, plans, digests and runs.
import RetortReporting
import RetortTestSupport
import Testing

@testable import RetortExperimentPlan

@Suite("Fine-tunings with a teacher")
struct TeachingTests {
  /// The small experiment with a fine-tuned teacher and a student taught by it.
  private static let text = SmallExperiment.text
    .replacing(
      "baselines: [no_distillation, mlm_only, teacher]\n",
      with: """
          - id: judge
            finetune: { model: teacher_mlm, \(options) }
          - id: taught
            finetune:
              { model: distil, teacher: judge, \(options),
                loss: { soft_targets: { weight: 0.5, temperature: 2.0 }, cross_entropy: { weight: 0.25 } } }

        """)
  private static let options =
    "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
    + "learning_rate: 1.0e-3, weight_decay: 0.01, limit: { epochs: 2 }, select_best: last"

  @Test func isReadAndWrittenOut() throws {
    let definition = try DefinitionText.load(Self.text)
    let stage = try #require(definition.stage(id: "taught"))
    let options = try #require(stage.work as? FinetuneStage)
    #expect(
      options.teaching
        == TeachingOptions(
          teacher: "judge",
          loss: LossOptions(terms: [
            WeightedTerm(0.5, ClassSoftTargets(temperature: 2)), WeightedTerm(0.25, CrossEntropy()),
          ])))
    #expect(stage.inputs == ["judge", "distil"])
    #expect(try DefinitionText.load(definition.canonicalText) == definition)
    let explanation = PlanExplanation(
      ResolvedPlan(definition), filled: [], sizes: [:], look: { _ in .absent }
    ).text
    #expect(explanation.contains("fine-tune distil on sentiment, taught by judge"))
    #expect(
      explanation.contains("loss = 0.5 · 2² · KL(softmax(teacher / 2) ‖ softmax(student / 2))"))
    #expect(explanation.contains("+ 0.25 · CE(labels), mean over sentences"))
  }

  @Test(
    "mistakes",
    arguments: [
      ("teacher: judge, ", "teacher: distil, ", "a finetune stage, which has a classifier"),
      ("teacher: judge, ", "teacher: juge, ", "did you mean"),
      ("teacher: judge, ", "", "has no 'teacher'"),
      ("temperature: 2.0 }, cross_entropy", "temperature: 0 }, cross_entropy", "a number above 0"),
      (
        "weight: 0.5, temperature: 2.0", "weight: 0, temperature: 2.0",
        "taught.loss: expected a term that reads the teacher with a weight above 0, found none; leave "
          + "teacher and loss out to learn from the labels alone"
      ),
      (
        "soft_targets: { weight: 0.5, temperature: 2.0 }",
        "hidden_mse: { weight: 0, pairs: [{ student: 0, teacher: 0 }] }",
        "taught.loss: expected a term that reads the teacher with a weight above 0"
      ),
      (
        "soft_targets: { weight: 0.5", "soft_target: { weight: 0.5",
        "unknown key 'soft_target' in stages.taught.loss; did you mean 'soft_targets'?"
      ),
      ("cross_entropy: { weight: 0.25 }", "cross_entropi: { weight: 0.25 }", "cross_entropy"),
    ])
  func mistakes(part: String, replacement: String, message: String) throws {
    try #require(Self.text.contains(part))
    let messages = DefinitionText.messages(Self.text.replacing(part, with: replacement))
    #expect(messages.count == 1 && messages[0].contains(message), "\(messages)")
  }

  @Test("a missing loss does not hide that the teacher has no classifier")
  func missingLoss() {
    let text = Self.text.replacing("teacher: judge, ", with: "teacher: distil, ")
      .replacing(
        "loss: { soft_targets: { weight: 0.5, temperature: 2.0 }, cross_entropy: { weight: 0.25 } }",
        with: "seed: 1")
    let messages = DefinitionText.messages(text)
    #expect(messages.count == 2, "\(messages)")
    #expect(messages.contains { $0.contains("stages.taught has no 'loss'") }, "\(messages)")
    #expect(messages.contains { $0.contains("expected a finetune stage, which has a") })
  }

  @Test("labels without a weight are measured, other terms are left out")
  func withoutWeight() throws {
    let definition = try DefinitionText.load(
      Self.text.replacing(
        "cross_entropy: { weight: 0.25 }",
        with: "cross_entropy: { weight: 0 }, cosine: { weight: 0, layer: last }"))
    let stage = try #require(definition.stage(id: "taught")?.work as? FinetuneStage)
    #expect(stage.objective.names == ["soft_targets", "cross_entropy"])
    #expect(
      stage.formula.suffix(2) == ["measured (weight 0): labels", "left out (weight 0): cosine"])
    func help(_ term: String) throws -> String {
      try DefinitionReference(path: "stages.finetune.loss.\(term)").text
    }
    #expect(try help("cross_entropy").contains("With 0 it is measured"))
    #expect(try help("cosine").contains("0 leaves it out."))
  }

  @Test func aStageIsTaughtByTheFinishedTeacher() throws {
    let experiment = try SmallExperiment(Self.text)
    let run = try experiment.run(experiment.request())
    #expect(run.observer.stages.suffix(2) == ["judge", "taught"])
    let stage = try #require(run.record.stages.last)
    #expect(stage.inputs == ["teacher": "judge", "model": "distil"])
    #expect(
      stage.loss
        == "loss = 0.5 · 2² · KL(softmax(teacher / 2) ‖ softmax(student / 2)), mean over sentences "
        + "+ 0.25 · CE(labels), mean over sentences")
    let point = try #require(stage.curve.points.first)
    #expect(point.terms.names == ["soft_targets", "cross_entropy"])
    let sum = 0.5 * (point.terms["soft_targets"] ?? 0) + 0.25 * (point.terms["cross_entropy"] ?? 0)
    #expect(abs(point.total - sum) <= 1e-9)
    #expect(run.record.summary().contains("teacher"))

    // Another teacher makes another stage, another temperature too; all else is found.
    for (option, computed) in [
      ("stages.judge.seed=9", ["judge", "taught"]),
      ("stages.taught.loss.soft_targets.temperature=3", ["taught"]),
    ] {
      let again = try experiment.run(experiment.request(runs: option, overrides: [option]))
      #expect(again.observer.stages == computed)
    }
  }
}
