// Distillation on unlabelled sentences: a student learns a classifier's answers without a label.
import Foundation
import RetortDistillation
import RetortRecords
import RetortReporting
import RetortTestSupport
import RetortText
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Distillation on unlabelled sentences")
struct TransferTests {
  /// The small experiment with a classifier, a student that learns its answers, and a fine-tuning that goes on with it.
  private static let text = SmallExperiment.text
    .replacing(
      "baselines: [no_distillation, mlm_only, teacher]\n",
      with: """
          - id: judge
            finetune: { model: teacher_mlm, \(finetuning) }
          - id: transfer
            distill:
              teacher: judge
              student: student
              head: { kind: classification, like: teacher, init: new }
              sentences: { from: [reviews], words: [2, 40] }
              sequence_length: 64
              masking: none
              loss:
                - soft_targets: { on: classes, weight: 1.0, temperature: 2.0, divergence: forward_kl, scale: t_squared }
              batching: { batch_size: 8, accumulate: 1, group_by_length: true }
              optimizer: { name: adamw, learning_rate: 1.0e-3, betas: [0.9, 0.999], epsilon: 1.0e-8,
                           weight_decay: 0.01, max_grad_norm: 1.0 }
              schedule: { name: linear, warmup: 0.05 }
              freeze: []
              limit: { epochs: 2 }
              checkpoint_every: { steps: 3 }
              validate_on: { task: sentiment, keep: accuracy }
          - id: after
            finetune: { model: transfer, head: { kind: classification, init: stored }, \(finetuning) }

        """)
  private static let finetuning =
    "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
    + "learning_rate: 1.0e-3, weight_decay: 0.01, limit: { epochs: 1 }, select_best: last"

  @Test func isReadWrittenOutAndExplained() throws {
    let definition = try DefinitionText.load(Self.text)
    let stage = try #require(definition.stage(id: "transfer")?.work as? DistillStage)
    #expect(stage.text.masking == nil && stage.head == .new)
    #expect(
      stage.loss.terms.first { $0.counts }?.term.isSame(as: ClassSoftTargets(temperature: 2))
        == true)
    #expect(try DefinitionText.load(definition.canonicalText) == definition)
    #expect(definition.canonicalText.contains("masking: none"))
    let text = PlanExplanation(
      ResolvedPlan(definition), filled: [], sizes: [:], look: { _ in .absent }
    ).text
    #expect(text.contains("masking: none"), "\(text)")
    #expect(
      text.contains(
        "loss = 2² · KL(softmax(teacher / 2) ‖ softmax(student / 2)), mean over sentences"))
    let help = try DefinitionReference(path: "stages.distill.loss.soft_targets").text
    #expect(help.contains("on  vocabulary | classes") && help.contains("only with on: vocabulary"))
  }

  @Test("the student learns the teacher's answers, and the fine-tuning goes on with its classifier")
  func run() throws {
    let experiment = try SmallExperiment(Self.text)
    let run = try experiment.run(experiment.request(stages: ["after"]))
    let stage = try #require(run.record.stages.first { $0.id == "transfer" })
    #expect(stage.inputs == ["teacher": "judge", "student": "student"])
    #expect(stage.classifier == .new && run.record.stages.last?.classifier == .stored)
    // It is evaluated on examples that it has learned nothing from.
    #expect(stage.data.last == "sentiment dev" && !stage.data.contains("sentiment train"))
    #expect(
      stage.epochs.map(\.epoch) == [1, 2]
        && stage.evaluations.map(\.data) == ["sentiment dev", "sentiment dev"])
    #expect(stage.best?.rule == "accuracy")
    #expect(run.record.summary().contains("transfer"))
    let lines = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
      .filter { $0.stage == "transfer" && $0.event == .step }
    let values = lines.compactMap { $0.values["soft_targets"] }
    #expect(values.count == stage.steps && stage.steps >= 6)
    #expect(try #require(values.last) < #require(values.first))
    #expect(lines.allSatisfy { $0.values["masked_lm"] == nil && $0.values["cosine"] == nil })

    // What it says is the teacher's: closer to it than a new classifier is.
    let cache = StageCache(experiment.locations)
    func logits(_ id: String) throws -> [Float] {
      let digest = try #require(run.record.stages.first { $0.id == id }).digest
      let folder = try #require(cache.lookUp(digest))
      let stored = try StoredModel(path: "\(folder)/\(ExperimentRunner.modelName)")
      #expect(stored.configuration.labels == ["negative", "positive"])
      let tokenizer = stored.makeTokenizer()
      var sequences = TokenSequences()
      for text in ["a fine film", "dull and slow", "the plot is thin"] {
        sequences.append(tokenizer.encode(text, maximumLength: 64))
      }
      return try ClassificationEvaluation.logits(
        of: stored.classifier(mapping: true), on: sequences,
        in: ComputeScope(engine: Engine(threadCount: 1), recording: false))
    }
    #expect(try logits("transfer").count == 6 && logits("judge").count == 6)
  }

  @Test("killed and resumed it ends with the same weights")
  func resumed() throws {
    let whole = try SmallExperiment(Self.text)
    let expected = try whole.run(whole.request(stages: ["transfer"]))
    let stopped = try SmallExperiment(Self.text)
    let onlooker = RunOnlooker()
    onlooker.stopsAfter = 4 + 3 + 4
    #expect(throws: (any Error).self) {
      try stopped.run(stopped.request(stages: ["transfer"]), onlooker)
    }
    #expect(onlooker.steps.last?.stage == "transfer" && onlooker.steps.last?.step == 4)
    let resumed = try stopped.run(stopped.request(resumes: true, stages: ["transfer"]))
    #expect(
      resumed.record.stages.last?.curve.points == expected.record.stages.last?.curve.points)
  }

  @Test("its baselines are the same student with the labels that its teacher had")
  func baselines() throws {
    // The last stage goes: nothing is fine-tuned after the student.
    let text = try #require(Self.text.components(separatedBy: "  - id: after").first)
    let experiment = try SmallExperiment(text + "baselines: [no_distillation, random_init]\n")
    let ids = ["transfer.no_distillation", "transfer.random_init"]
    let run = try experiment.run(
      experiment.request(stages: ["transfer"] + ids, overrides: ["stages.distil.limit.steps=1"]))
    for (id, model) in zip(ids, ["student", "student.random_init"]) {
      let stage = try #require(run.record.stages.first { $0.id == id })
      #expect(stage.kind == .finetune && stage.inputs == ["model": model] && stage.isEvaluated)
      #expect(stage.data.contains("sentiment train"))
    }
    #expect(run.record.summary().contains("The student that was not distilled has"))
    // Without the other distillation there is nothing that a teacher would be fine-tuned for.
    let alone = text.replacing("model: distil\n", with: "model: teacher_mlm\n")
    let messages = DefinitionText.messages(alone + "baselines: [teacher]\n")
    #expect(
      messages.count == 1 && messages[0].contains("baselines.0 teacher is a stage already"),
      "\(messages)")
  }

  @Test(
    "mistakes",
    arguments: [
      (
        "      head: { kind: classification, like: teacher, init: new }\n", "",
        "stages.transfer.head: expected a classifier, whose logits the loss reads, found none"
      ),
      (
        "on: classes, weight: 1.0, temperature: 2.0",
        "on: vocabulary, weight: 0, temperature: 2.0, positions: all, average: tokens",
        "stages.transfer.loss: expected at least one term with a weight above 0, found none"
      ),
      (
        "on: classes, weight", "weight",
        "stages.transfer.loss.soft_targets has no 'on': expected vocabulary or classes"
      ),
      (
        "scale: t_squared }\n      batching: { batch_size: 8",
        "scale: t_squared }\n        - masked_lm: { weight: 1.0 }\n      batching: { batch_size: 8",
        "stages.transfer.loss.masked_lm cannot be used with masking: none"
      ),
      (
        "on: classes, weight: 1.0, temperature: 2.0", "on: classes, weight: 0, temperature: 2.0",
        "stages.transfer.loss: expected at least one term with a weight above 0, found none"
      ),
      (
        "validate_on: { task: sentiment, keep: accuracy }",
        "validate_on: { task: sentiment, keep: pearson }", "stages.transfer.validate_on.keep"
      ),
      (
        "divergence: forward_kl", "divergence: { decoupled: { target: 1, others: 0 } }",
        "stages.transfer.loss.soft_targets.divergence needs labels"
      ),
      (
        "masking: none", "masking: some",
        "stages.transfer.masking: expected none, found 'some'"
      ),
      (
        "teacher: judge", "teacher: teacher_mlm",
        "stages.transfer.teacher: expected a finetune stage, which has a classifier"
      ),
      (
        "masking: none",
        "masking: { probability: 0.15, smoothing: 0.7, mask: 0.8, keep: 0.1, random: 0.1 }",
        "stages.transfer.loss.soft_targets cannot be used on text with words masked"
      ),
    ])
  func mistakes(part: String, replacement: String, message: String) throws {
    try #require(Self.text.contains(part))
    let messages = DefinitionText.messages(Self.text.replacing(part, with: replacement))
    #expect(messages.count == 1 && messages[0].contains(message), "\(messages)")
  }
}
