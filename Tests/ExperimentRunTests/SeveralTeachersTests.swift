// Several teachers of one student: in definitions, digests and runs.
import Foundation
import RetortDistillation
import RetortRecords
import RetortReporting
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Several teachers")
struct SeveralTeachersTests {
  private static let text = SmallExperiment.text
    .replacing(
      "baselines: [no_distillation, mlm_only, teacher]\n",
      with: """
          - id: judge_a
            finetune: { model: teacher_mlm, seed: 4, \(finetuning) }
          - id: judge_b
            finetune: { model: teacher_mlm, seed: 5, \(finetuning) }
          - id: taught
            finetune:
              model: distil
              teachers: { a: judge_a, b: judge_b }
              \(lines)
              loss:
                - soft_targets: { weight: 1.0, teacher: [a, b], combine: probabilities, temperature: 2.0, divergence: forward_kl, scale: t_squared }
                - soft_targets: { name: alone, weight: 0.5, teacher: b, temperature: 1.0, divergence: forward_kl, scale: t_squared }
                - cross_entropy: { weight: 0.25 }

        """)
  private static let finetuning =
    "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
    + "learning_rate: 1.0e-3, weight_decay: 0.01, limit: { epochs: 1 }, select_best: last"
  private static let lines = finetuning.replacing(
    "limit: { epochs: 1 }", with: "limit: {epochs: 1}"
  )
  .split(separator: ", ").joined(separator: "\n      ")

  @Test func areReadWrittenOutAndExplained() throws {
    let definition = try DefinitionText.load(Self.text)
    #expect(try DefinitionText.load(definition.canonicalText) == definition)
    let stage = try #require(definition.stage(id: "taught"))
    #expect(stage.inputs == ["judge_a", "judge_b", "distil"])
    #expect(
      stage.work.formula == [
        "loss = 1 · 2² · KL(softmax(teacher / 2) ‖ softmax(student / 2)), mean over sentences, teachers a, b, "
          + "the mean of their probabilities",
        "     + 0.5 · 1² · KL(softmax(teacher / 1) ‖ softmax(student / 1)), mean over sentences, teacher b",
        "     + 0.25 · CE(labels), mean over sentences",
      ])
    #expect(stage.work.title == "fine-tune distil on sentiment, taught by judge_a and judge_b")
    // Without a term that reads it, a teacher changes nothing.
    #expect(!stage.work.reads(role: "teachers.c") || stage.work.reads(role: "teachers.a"))
  }

  @Test("names are no part of a digest, but which of them a term reads is")
  func digests() throws {
    func digest(_ text: String) throws -> String {
      let plan = ResolvedPlan(try DefinitionText.load(text))
      return try #require(
        PlanDigests(plan, .standingIn(for: [plan])).stages["taught"])
    }
    let text = try digest(Self.text)
    #expect(
      try digest(
        Self.text.replacing("{ a: judge_a, b: judge_b }", with: "{ b: judge_b, a: judge_a }"))
        == text)
    #expect(
      try digest(
        Self.text.replacing("{ a: judge_a, b: judge_b }", with: "{ b: judge_a, a: judge_b }"))
        != text)
  }

  @Test("a run computes the combination and each teacher by itself")
  func run() throws {
    let experiment = try SmallExperiment(Self.text)
    let run = try experiment.run(experiment.request(stages: ["taught"]))
    let stage = try #require(run.record.stages.last)
    #expect(
      stage.inputs == ["teachers.a": "judge_a", "teachers.b": "judge_b", "model": "distil"])
    let lines = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
      .filter { $0.stage == "taught" && $0.event == .step }
    #expect(lines.count == stage.steps && !lines.isEmpty)
    for line in lines {
      let values = ["soft_targets", "alone", "cross_entropy"].map { line.values[$0] ?? .nan }
      #expect(values.allSatisfy { $0 > 0 } && values[0] != 4 * values[1])
      #expect(line.values["loss"] == 1 * values[0] + 0.5 * values[1] + 0.25 * values[2])
    }
    #expect(run.record.summary().contains("taught"))
  }

  @Test("the mean of two distributions is that of a mean")
  func combination() {
    let (a, b): ([Float], [Float]) = ([1, 0, -1, 2, 2, 2], [0, 3, 1, -4, 0, 4])
    func softmax(_ x: ArraySlice<Float>, _ t: Double) -> [Double] {
      let powers = x.map { exp(Double($0) / t) }
      return powers.map { $0 / powers.reduce(0, +) }
    }
    for t in [0.5, 1, 4] {
      let mixed = TeacherCombination.probabilities.combined([a, b], columns: 3, temperature: t)
      for row in [0..<3, 3..<6] {
        let wanted = zip(softmax(a[row], t), softmax(b[row], t)).map { ($0 + $1) / 2 }
        for (found, wanted) in zip(softmax(mixed[row], t), wanted) {
          #expect(abs(found - wanted) < 1e-6)
        }
      }
    }
    #expect(
      TeacherCombination.logits.combined([a, b], columns: 3, temperature: 3)
        == [0.5, 1.5, 0, -1, 1, 3])
  }

  @Test(
    "mistakes",
    arguments: [
      (
        "teacher: [a, b], combine: probabilities", "teacher: [a, b]",
        "stages.taught.loss.soft_targets has no 'combine': expected probabilities or logits"
      ),
      (
        "weight: 0.5, teacher: b", "weight: 0.5",
        "stages.taught.loss.alone: expected one or more of the teachers a, b, found none"
      ),
      (
        "weight: 0.5, teacher: b", "weight: 0.5, teacher: bb",
        "stages.taught.loss.alone.teacher: expected a or b, found 'bb'"
      ),
      (
        "weight: 0.5, teacher: b", "weight: 0.5, teacher: b, combine: logits",
        "stages.taught.loss.alone.combine has nothing to combine"
      ),
      (
        "teachers: { a: judge_a, b: judge_b }", "teacher: judge_a",
        "stages.taught.loss.soft_targets.teacher cannot be used where a stage has one teacher"
      ),
      (
        "b: judge_b }", "b: teacher_mlm }",
        "stages.taught.teachers.b: expected a finetune stage, which has a classifier"
      ),
      (
        "b: judge_b }", "b: judge_c }",
        "stages.taught.teachers.b: expected a model or stage, found 'judge_c'"
      ),
      // No name is left that a term could be told to write.
      (
        "a: judge_a, b: judge_b }", "\"a b\": judge_a }",
        "stages.taught.teachers.a b: expected a name"
      ),
      (
        "teachers: {", "teacher: judge_a\n      teachers: {",
        "stages.taught: expected teacher or teachers, found both"
      ),
    ])
  func mistakes(part: String, replacement: String, message: String) throws {
    try #require(Self.text.contains(part))
    let messages = DefinitionText.messages(Self.text.replacing(part, with: replacement))
    #expect(messages.contains { $0.contains(message) }, "\(messages)")
  }
}
