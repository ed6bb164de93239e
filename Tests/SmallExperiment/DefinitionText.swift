// A small whole definition that tests change one thing of at a time.
import RetortOptions
import Testing

@testable import RetortExperimentPlan

enum DefinitionText {
  /// Line numbers matter to the tests of messages: change nothing above what they name.
  static let small = """
    format: 1
    name: small
    seed: 7
    models:
      teacher: { from: hub:google-bert/bert-base-uncased, head: { kind: masked_lm, init: stored } }
      student:
        architecture: distilbert
        init_from: teacher
        layers: [0, 2, 4, 7, 9, 11]
        token_type: fold
    stages:
      - id: distil
        distill:
          teacher: teacher
          student: student
          corpus: [movie_reviews]
          recipe: distilbert-2019
          loss:
            soft_targets: { weight: 5.0, temperature: 2.0, positions: all }
            masked_lm: { weight: 2.0 }
            cosine: { weight: 1.0, layer: last }
          masking: { probability: 0.15, smoothing: 0.7, mask: 0.8, keep: 0.1, random: 0.1 }
          limit: { epochs: 1 }
      - id: sst2
        finetune:
          model: distil
          task: glue/sst2
          recipe: hf-trainer-4.44
          batch_size: 16
          learning_rate: 2e-5
          limit: { epochs: 3 }
          select_best: eval_loss
    baselines: [no_distillation, mlm_only, teacher]
    compare_with: [sanh-2019]

    """

  /// `small` with the one place where `old` stands changed to `new`.
  static func small(_ old: String, _ new: String) -> String {
    let parts = small.split(separator: old, maxSplits: 1, omittingEmptySubsequences: false)
    precondition(parts.count == 2, "'\(old)' is not in the definition")
    return parts[0] + new + parts[1]
  }

  static func load(
    _ text: String, overrides: [String] = [], context: DefinitionContext = DefinitionContext()
  ) throws(DefinitionError) -> ResolvedDefinition {
    try LoadedDefinition.load(text: text, path: "x.yaml", overrides: overrides, context: context)
      .definition
  }

  /// The messages that `text` is refused with; none when it is accepted.
  static func messages(
    _ text: String, overrides: [String] = [], context: DefinitionContext = DefinitionContext()
  ) -> [String] {
    do {
      _ = try load(text, overrides: overrides, context: context)
      return []
    } catch {
      return error.diagnostics.map(\.description)
    }
  }
}
