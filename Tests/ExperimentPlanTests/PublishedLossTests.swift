// Losses of published methods, each term as one writes it.
import RetortDistillation
import Testing

@testable import RetortExperimentPlan
@testable import RetortSmallExperiment

@Suite("Losses of published methods")
struct PublishedLossTests {
  /// BERT-base, six of its layers, and TinyBERT's four of width 312: on masked text, on text as it is, on answers with labels and
  /// without, and with three teachers.
  private static let text =
    DefinitionText.small(
      "stages:\n",
      """
        tiny:
          architecture: bert
          sizes: { hidden_size: 312, layer_count: 4, head_count: 12, feed_forward_size: 1200, maximum_positions: 512, initializer_range: 0.02, layer_norm_epsilon: 1.0e-12 }
          dropout: { hidden: 0.1, attention: 0.1, classifier: 0.1 }
      stages:

      """
    ).replacing(
      "baselines: [no_distillation, mlm_only, teacher]\ncompare_with: [sanh-2019]\n",
      with: """
          - id: judge
            finetune: { model: teacher, \(labelled) }
          - id: read
            distill: { teacher: teacher, student: tiny, \(read), loss: [{ hidden: { weight: 1, compare: cosine, states: [[0, 0]], positions: all, average: tokens, projection: { shared: false, bias: false, init: identity, learning_rate: 1.0e-3, weight_decay: 0, clip: apart } } }] }
          - id: layers
            distill: { teacher: teacher, student: student, \(read), loss: [{ hidden: { weight: 1, compare: cosine, states: last, positions: all, average: tokens } }] }
          - id: answers
            distill: { teacher: judge, student: student, head: { kind: classification, like: teacher, init: new }, \(read), loss: [{ soft_targets: { on: classes, weight: 1, temperature: 1, divergence: forward_kl, scale: none } }] }
          - id: taught
            finetune: { model: student, teacher: judge, \(labelled), loss: { soft_targets: { weight: 0.5, temperature: 2.0 } } }
          - id: several
            finetune: { model: student, teachers: { a: judge, b: judge, c: judge }, \(labelled), loss: [{ soft_targets: { weight: 1, teacher: a, temperature: 2.0, divergence: forward_kl, scale: none } }, { soft_targets: { name: b, weight: 1, teacher: [b, c], combine: logits, temperature: 2.0, divergence: forward_kl, scale: none } }] }

        """)
  private static let labelled =
    "task: glue/sst2, recipe: hf-trainer-4.44, batch_size: 32, learning_rate: 2.0e-5, limit: { epochs: 3 }, "
    + "select_best: accuracy"
  private static let read =
    "corpus: [movie_reviews], masking: none, sequence_length: 128, "
    + "batching: { batch_size: 32, accumulate: 1, group_by_length: true }, "
    + "optimizer: { name: adamw, learning_rate: 5.0e-5, betas: [0.9, 0.999], epsilon: 1.0e-6, weight_decay: 0.01, "
    + "max_grad_norm: 1.0 }, schedule: { name: linear, warmup: 0.1 }, freeze: [], limit: { epochs: 3 }"

  @Test(
    "are read, written and read again",
    arguments: [
      (
        "distil",
        """
        - soft_targets: { on: vocabulary, weight: 5.0, temperature: 2.0, scale: t_squared, divergence: forward_kl, positions: all, average: tokens }
        - masked_lm: { weight: 2.0 }
        - hidden: { name: cosine, weight: 1.0, compare: cosine, states: last, positions: all, average: tokens }
        """
      ),
      (
        "read",
        """
        - attention: { weight: 1.0, of: scores, compare: mse, heads: each, blocks: uniform, over_pairs: sum, average: pairs }
        - hidden: { weight: 1.0, compare: mse, states: uniform, over_pairs: sum, positions: all, average: tokens,
                    projection: { from: student, shared: true, bias: true, init: { normal: 0.02 }, learning_rate: 5.0e-5, weight_decay: 0.01, clip: with_student } }
        """
      ),
      (
        "read",
        """
        - gram: { weight: 1.0, of: features, states: [[[0, 12], [0, 4]]], average: sequences,
                  projection: { from: student, shared: true, bias: false, init: xavier_uniform, learning_rate: 1.0e-3, weight_decay: 0.01, clip: apart } }
        """
      ),
      (
        "answers",
        "- soft_targets: { on: classes, weight: 0.5, temperature: 1.0, scale: none, divergence: forward_kl, average: sequences }"
      ),
      (
        "answers",
        "- soft_targets: { on: classes, weight: 1.0, temperature: 1.0, scale: none, divergence: forward_kl, targets: soft, average: sequences }"
      ),
      (
        "taught",
        """
        - cross_entropy: { weight: 0.3 }
        - soft_targets: { on: classes, weight: 0.35, temperature: 10.0, scale: t_squared, divergence: forward_kl, average: sequences }
        - hidden: { name: patience, weight: 0.65, compare: normalised_mse, states: [[2, 1], [4, 2], [6, 3], [8, 4], [10, 5]], over_pairs: mean, positions: first, average: sequences }
        """
      ),
      (
        "layers",
        "- relations: { name: minilm, weight: 1.0, of: { q-k: 1.0, v-v: 1.0 }, heads: 12, blocks: last, average: sequences }"
      ),
      (
        "layers",
        "- relations: { name: minilmv2, weight: 1.0, of: { q-q: 0.3333333, k-k: 0.3333333, v-v: 0.3333333 }, heads: 48, blocks: [[11, 5]], average: sequences }"
      ),
      (
        "taught",
        """
        - soft_targets: { on: classes, weight: 1.0, temperature: 8.0, scale: none, divergence: forward_kl, average: sequences }
        - hidden: { weight: 1.0, compare: mse, states: [[0, 0], [4, 1], [8, 2], [12, 3]], over_pairs: sum, positions: all, average: tokens }
        - gram: { weight: 1.0, of: tokens, states: [[[0, 0], [0, 0]], [[4, 4], [1, 1]], [[8, 8], [2, 2]], [[12, 12], [3, 3]]], over_pairs: sum, average: pairs }
        """
      ),
      (
        "several",
        """
        - soft_targets: { on: classes, weight: 1.0, teacher: [a, b, c], combine: probabilities, temperature: 4.0, scale: t_squared, divergence: forward_kl, average: sequences }
        - cross_entropy: { weight: 0.0 }
        """
      ),
      (
        "layers",
        """
        - sentence: { weight: 1.0, compare: cosine, pooling: mean, normalise: true, average: sequences }
        - hidden: { name: token_states, weight: 0.0, compare: cosine, states: last, positions: all, average: tokens }
        """
      ),
    ])
  func forms(stage: String, loss: String) throws {
    let definition = try DefinitionText.load(Self.text, overrides: ["stages.\(stage).loss=\(loss)"])
    #expect(try DefinitionText.load(definition.canonicalText) == definition)
    #expect(definition.lossNotes == [])
  }
}
