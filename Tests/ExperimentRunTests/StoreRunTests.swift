// Runs of definitions whose teachers were run before: written by the verb's own code, read by `targets: {store: FILE}`.
import Foundation
import RetortDistillation
import RetortRecords
import RetortReporting
import RetortStorage
import RetortTransformers
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Runs from stores by example")
struct StoreRunTests {
  private static let finetuning =
    "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
    + "learning_rate: 1.0e-3, weight_decay: 0.01, limit: { epochs: 1 }, select_best: last"
  private static let training = """
    sequence_length: 64
          masking: none
          batching: { batch_size: 8, accumulate: 1, group_by_length: true }
          optimizer: { name: adamw, learning_rate: 1.0e-3, betas: [0.9, 0.999], epsilon: 1.0e-8,
                       weight_decay: 0.01, max_grad_norm: 1.0 }
          schedule: { name: linear, warmup: 0.05 }
          freeze: []
          limit: { epochs: 2 }
    """
  /// Two classifiers, and stages that learn from them: of sentences, of a corpus, and of a task.
  private static let text = SmallExperiment.text
    .replacing(
      "baselines: [no_distillation, mlm_only, teacher]\n",
      with: """
          - id: judge_a
            finetune: { model: teacher_mlm, seed: 4, \(finetuning) }
          - id: judge_b
            finetune: { model: teacher_mlm, seed: 5, \(finetuning) }
          - id: classes
            distill:
              teacher: judge_a
              student: student
              head: { kind: classification, like: teacher, init: new }
              sentences: { from: [reviews], words: [2, 40] }
              \(training)
              loss:
                - soft_targets: { on: classes, weight: 1.0, temperature: 2.0, divergence: forward_kl, scale: t_squared }
              validate_on: { task: sentiment, keep: accuracy }
          - id: relations
            distill:
              teacher: teacher_mlm
              student: student
              corpus: [reviews]
              \(training)
              loss:
                - relations: { weight: 1.0, of: [q-q, v-v], heads: 4, blocks: last, average: sequences }
                - hidden: { weight: 1.0, compare: mse, states: uniform, over_pairs: sum, positions: all, average: tokens }
          - id: several
            finetune:
              model: distil
              teachers: { a: judge_a, b: judge_b }
              task: sentiment
              recipe: hf-trainer-4.44
              sequence_length: 64
              batch_size: 8
              learning_rate: 1.0e-3
              weight_decay: 0.01
              limit: { epochs: 1 }
              select_best: last
              loss:
                - soft_targets: { weight: 1.0, teacher: [a, b], combine: probabilities, temperature: 2.0, divergence: forward_kl, scale: t_squared }
                - sentence: { weight: 1.0, teacher: b, compare: cosine, pooling: mean, normalise: true }
                - cross_entropy: { weight: 0.25 }

        """)

  private let experiment: SmallExperiment
  init() throws { experiment = try SmallExperiment(Self.text) }

  private func activations(
    _ stage: String, to file: String = "a.h5", overrides: [String] = [], also: [String] = [],
    precision: ActivationPrecision? = .f32
  ) throws -> StageActivations {
    try StageActivations(
      StageActivationRequest(
        definitionPath: experiment.definition, overrides: overrides, stage: stage,
        precision: precision, also: also, path: "\(experiment.folder.path)/\(file)"),
      locations: experiment.locations, engine: Engine(threadCount: 2), note: { _ in })
  }

  /// The stage's lines of the log, and its record.
  private func run(
    _ stage: String, _ overrides: [String] = [], store: String? = nil
  ) throws -> (lines: [MetricsLine], record: RunRecord.Stage) {
    let targets = store.map { ["stages.\(stage).targets={ store: \($0) }"] } ?? []
    let run = try experiment.run(
      experiment.request(
        runs: "Runs-\(UUID().uuidString)", stages: [stage], overrides: overrides + targets))
    let lines = try MetricsLog.read(path: "\(run.folder)/metrics.jsonl")
      .filter { $0.stage == stage && $0.event == .step }
    return (lines, try #require(run.record.stages.last))
  }

  private func values(_ lines: [MetricsLine]) -> [[String: Double]] {
    lines.map { line in
      var values = line.values
      for name in ["seconds", "tokens_per_second"] { values[name] = nil }
      return values
    }
  }

  @Test(
    "one store serves every seed and batch size, and trains as the live teacher does",
    arguments: ["classes", "relations", "several"])
  func sameAsLive(stage: String) throws {
    _ = try run(stage)  // makes the teachers
    let activations = try activations(stage)
    #expect(activations.totalSteps == nil && activations.unit == "sequence")
    #expect(try !activations.run().wasThere)
    #expect(try self.activations(stage, overrides: ["stages.\(stage).seed=8"]).run().wasThere)
    let size = try #require(
      FileManager.default.attributesOfItem(atPath: activations.path)[.size] as? Int)
    #expect(size > activations.byteCount && size < activations.byteCount + 200_000)
    let batch = stage == "several" ? "batch_size" : "batching.batch_size"
    for overrides in [
      [], ["stages.\(stage).seed=8", "stages.\(stage).\(batch)=5"],
    ] {
      let live = try run(stage, overrides)
      let stored = try run(stage, overrides, store: "a.h5")
      #expect(!live.lines.isEmpty && values(stored.lines) == values(live.lines))
      #expect(stored.record.curve.points == live.record.curve.points)
      #expect(stored.record.evaluations.map(\.loss) == live.record.evaluations.map(\.loss))
      #expect(live.record.targets == nil)
      #expect(stored.record.targets?.hasPrefix("activation store: ") == true)
    }
  }

  @Test("a store of another teacher, text or length is refused with every difference")
  func refused() throws {
    for stage in ["classes", "relations"] {
      _ = try run(stage)
      _ = try activations(stage, to: "\(stage).h5", also: ["hidden/1", "pooled/mean"]).run()
    }
    func message(_ stage: String, _ overrides: [String], store: String) -> String {
      do {
        _ = try run(stage, overrides, store: store)
        return "nothing"
      } catch { return "\(error)" }
    }
    let shorter = message("classes", ["stages.classes.sequence_length=32"], store: "classes.h5")
    #expect(
      shorter.contains("cut is sequence_length=64")
        && shorter.contains("expected sequence_length=32")
        && !shorter.contains("text is") && !shorter.contains("teacher is"), "\(shorter)")
    let other = message("classes", ["stages.classes.teacher=judge_b"], store: "classes.h5")
    #expect(other.contains("teacher is ") && !other.contains("cut is "), "\(other)")
    // Another loss may read what is there, and no more.
    let loss = "{ weight: 1.0, of: [q-q, v-v], heads: 8, blocks: last, average: rows }"
    _ = try run(
      "relations", ["stages.relations.loss=[{ relations: \(loss) }]"], store: "relations.h5")
    let more = message(
      "relations",
      ["stages.relations.loss=[{ relations: \(loss.replacing("q-q", with: "q-k")) }]"],
      store: "relations.h5")
    #expect(
      more.contains("expected key of block last, found ")
        && more.contains("write them with `retort activations DEF --stage ID`"), "\(more)")
    #expect(
      message("several", [], store: "classes.h5").contains("teachers.a is nothing, expected "))
    #expect(
      message("distil", [], store: "classes.h5").contains(
        "expected outputs by training step, of a text that is masked anew in every epoch, found "
          + "outputs by example"))
  }

  @Test(
    "columns that no model has, and a disk without room, are refused before anything is computed")
  func refusedToWrite() throws {
    _ = try run("relations")
    func message(_ also: [String]) -> String {
      do {
        _ = try activations("relations", also: also)
        return "nothing"
      } catch { return "\(error)" }
    }
    #expect(message(["hidden/x"]).contains("--also hidden/x: expected hidden/N, hidden/last"))
    #expect(message(["hidden/3"]).contains("--also hidden/3: expected one of hidden states 0 to 2"))
    #expect(message(["projections/2/key"]).contains("expected one of blocks 0 to 1"))
    #expect(message(["teachers/a/hidden/1"]).contains("the stage has no such teacher"))
    #expect(message(["classes"]).contains("expected a teacher with a classifier"))
    let kept = try activations(
      "relations", also: ["hidden/2", "projections/0/key"], precision: nil)
    #expect(
      kept.outputs.words
        == "hidden states 0, last of 32, f16; keys of block 0 of 32, f16; queries, values of block 1 of 32, f16"
    )
    let error = RunError.noRoom(path: "/a.h5", bytes: 3 << 30, needed: 6 << 30, free: 1 << 20)
    #expect(
      "\(error)"
        == "/a.h5: a store of 3.00 GiB takes 6.00 GiB until it is whole, and 1 MiB are free; free some space, "
        + "choose another disk with --out, or keep less")
  }
}
