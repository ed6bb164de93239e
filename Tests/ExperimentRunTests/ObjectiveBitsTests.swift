// The same bits at any number of threads, stopped and gone on with, for losses of every kind of term.
import Foundation
import RetortFiles
import RetortRecords
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Bits of trainings on every kind of term")
struct ObjectiveBitsTests {
  private static let text = SmallExperiment.text
    .replacing(
      """
              soft_targets: { weight: 5.0, temperature: 2.0, positions: all }
              masked_lm: { weight: 2.0 }
              cosine: { weight: 1.0, layer: last }

      """,
      with: """
                - masked_lm: { weight: { linear: { from: 2.0, to: 0.5, share: 1.0 } } }
                - soft_targets: { on: vocabulary, weight: { steps: { 0: 1.0, 2: 3.0 } }, temperature: 2.0, divergence: { jensen_shannon: 0.3 }, scale: t_squared, positions: masked, average: sequences }
                - hidden: { weight: 1.0, compare: mse, states: [[0, 0], [2, 1]], over_pairs: sum, positions: inner, average: sequences, projection: { shared: false, bias: true, init: { normal: 0.02 }, learning_rate: 1.0e-3, weight_decay: 0.1, clip: apart, force: true } }
                - relations: { weight: 0.5, of: [q-q, k-k, v-v], heads: 8, blocks: last, average: sequences }
                - attention: { weight: 0.5, of: probabilities, compare: kl, heads: mean, blocks: last, average: rows }
                - gram: { weight: 0.5, of: tokens, states: [[[0, 2], [0, 1]]], average: pairs }
                - sentence: { weight: 0.5, compare: { info_nce: 0.1 }, pooling: mean, normalise: true }

        """
    )
    .replacing(
      "baselines: [no_distillation, mlm_only, teacher]\n",
      with: """
          - id: judge_a
            finetune: { model: teacher_mlm, seed: 4, \(options) }
          - id: judge_b
            finetune: { model: teacher_mlm, seed: 5, \(options) }
          - id: taught
            finetune:
              { model: distil, teachers: { a: judge_a, b: judge_b }, \(options),
                loss: [
                  soft_targets: { weight: 1.0, teacher: [a, b], combine: logits, temperature: 2.0,
                    divergence: { pearson: { rows: 0.0, columns: 0.5 } }, scale: t_squared },
                  hidden: { weight: 0.5, teacher: a, compare: cosine, states: last, positions: all, average: tokens },
                  sentence: { weight: 0.5, teacher: b, compare: similarity_mse, pooling: first, normalise: true },
                  cross_entropy: { weight: 0.25 } ] }

        """)
  private static let options =
    "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
    + "learning_rate: 1.0e-3, weight_decay: 0.01, limit: { epochs: 1 }, select_best: last"

  /// What the two trainings on many terms left: the bytes of their models, and their loss curves.
  private struct Outcome: Equatable {
    var models: [[UInt8]]
    var curves: [RunRecord.LossCurve]
  }

  /// - Parameter parts: of the run, one after the other: on how many threads, and after how many of its steps it is stopped.
  private func outcome(_ parts: [(threads: Int, steps: Int)]) throws -> Outcome {
    var experiment = try SmallExperiment(Self.text)
    for (index, part) in parts.dropLast().enumerated() {
      experiment.threads = part.threads
      let onlooker = RunOnlooker()
      onlooker.stopsAfter = part.steps
      #expect(throws: (any Error).self) {
        try experiment.run(
          experiment.request(resumes: index > 0, stages: ["distil", "taught"]), onlooker)
      }
      #expect(onlooker.steps.count == part.steps)
    }
    experiment.threads = try #require(parts.last).threads
    let run = try experiment.run(
      experiment.request(resumes: parts.count > 1, stages: ["distil", "taught"]))
    let stages = ["distil", "taught"].compactMap { id in run.record.stages.first { $0.id == id } }
    #expect(stages.map(\.steps) == [4, 3])
    let cache = StageCache(experiment.locations)
    return Outcome(
      models: try stages.map { stage in
        let folder = try #require(cache.lookUp(stage.digest))
        return try MappedFile.contents(path: "\(folder)/\(ExperimentRunner.modelName)")
      },
      curves: stages.map(\.curve))
  }

  @Test("one, two and three threads; stopped within each of them and gone on with on other threads")
  func bits() throws {
    let whole = try outcome([(2, .max)])
    #expect(whole.curves.map { $0.points.last?.terms.names.count } == [7, 4])
    for threads in [1, 3] { #expect(try outcome([(threads, .max)]) == whole, "\(threads) threads") }
    // In the second step of the first training, then, ten steps of other stages later, in that of the second.
    #expect(try outcome([(3, 4 + 2), (1, 2 + 6 + 2), (2, .max)]) == whole)
  }
}
