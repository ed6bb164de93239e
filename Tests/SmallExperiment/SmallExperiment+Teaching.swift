// The small experiment with a teacher for its fine-tuning.

extension SmallExperiment {
  /// The small experiment with a fine-tuned teacher and a student taught by it.
  static let taughtText =
    text
    .replacing(
      "baselines: [no_distillation, mlm_only, teacher]\n",
      with: """
          - id: judge
            finetune: { model: teacher_mlm, \(teachingOptions) }
          - id: taught
            finetune:
              { model: distil, teacher: judge, \(teachingOptions),
                loss: { soft_targets: { weight: 0.5, temperature: 2.0 }, cross_entropy: { weight: 0.25 } } }

        """)
  private static let teachingOptions =
    "task: sentiment, recipe: hf-trainer-4.44, sequence_length: 64, batch_size: 8, "
    + "learning_rate: 1.0e-3, weight_decay: 0.01, limit: { epochs: 2 }, select_best: last"
}
