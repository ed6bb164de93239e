// Recipes and filled-in values of stages compared with TrainingArguments and the distillation scripts' arguments.
import RetortDistillation
import RetortOptimization
import RetortRecords
import RetortText

extension DefaultsAudit {
  // MARK: Fine-tuning

  static let trainerRecipe = FilledBody(
    section: "Fine-tuning: recipe hf-trainer-4.44", kind: .finetune, recipe: "hf-trainer-4.44")
  static let standardFineTuning = FilledBody(
    section: "Fine-tuning: without a recipe", kind: .finetune, recipe: nil)

  static let fineTuning: [AuditedDefault] = recipeOfTheTrainer + lawsOfTheTrainer + withoutARecipe

  private static let arguments = "training-arguments"

  private static let recipeOfTheTrainer = [
    trainerRecipe.row("sequence_length", installed("bert-config", "max_position_embeddings")),
    trainerRecipe.row("batching.batch_size", installed(arguments, "per_device_train_batch_size")),
    trainerRecipe.row("batching.accumulate", installed(arguments, "gradient_accumulation_steps")),
    trainerRecipe.row("batching.group_by_length", installed(arguments, "group_by_length")),
    trainerRecipe.row("optimizer.name", installed(arguments, "optim")) { "\($0)_torch" },
    trainerRecipe.row("optimizer.learning_rate", installed(arguments, "learning_rate")),
    trainerRecipe.row("optimizer.betas", installed(arguments, "adam_beta1, adam_beta2")),
    trainerRecipe.row("optimizer.epsilon", installed(arguments, "adam_epsilon")),
    trainerRecipe.row("optimizer.weight_decay", installed(arguments, "weight_decay")),
    trainerRecipe.row("optimizer.max_grad_norm", installed(arguments, "max_grad_norm")),
    trainerRecipe.row("schedule.name", installed(arguments, "lr_scheduler_type")),
    trainerRecipe.row("schedule.warmup", installed(arguments, "warmup_ratio")),
    trainerRecipe.row("freeze", installed("bert-model", "without requires_grad")),
    trainerRecipe.row("limit.epochs", installed(arguments, "num_train_epochs")),
    trainerRecipe.row("select_best", installed(arguments, "load_best_model_at_end")) {
      $0 == SelectionRule.last.name ? "false" : "true"
    },
    trainerRecipe.row("evaluation.batch_size", installed(arguments, "per_device_eval_batch_size")),
  ]

  /// What the program has no key for.
  private static let lawsOfTheTrainer = [
    AuditedDefault(
      section: trainerRecipe.section, setting: "parameters that decay", value: decayedKinds,
      counterpart: installed("distilbert-model", "get_decay_parameter_names")),
    AuditedDefault(
      section: trainerRecipe.section, setting: "an epoch's last, smaller batch", value: lastBatch,
      inTheirWords: lastBatch == "trained" ? "false" : "true",
      counterpart: installed(arguments, "dataloader_drop_last")),
    AuditedDefault(
      section: trainerRecipe.section, setting: "steps that the training loss of a row is a mean of",
      value: "\(CurveSpacing.fineTuning.steps(of: 0))",
      counterpart: installed(arguments, "logging_steps")),
  ]

  private static let withoutARecipe = [
    standardFineTuning.row(
      "evaluation.batch_size", installed(arguments, "per_device_eval_batch_size"),
      because: "larger batches are quicker, and no result depends on it"),
    standardFineTuning.row(
      "checkpoint_every.minutes", installed(arguments, "save_strategy, save_steps"),
      inTheirWords: { "[minutes, \($0)]" },
      because: "what a killed run loses is time; resumed it ends in the same bits"),
    standardFineTuning.row(
      "seed", installed(arguments, "seed"),
      because: "a number that a result depends on is written down: the definition's own seed"),
    standardFineTuning.row(
      "optimizer.learning_rate", installed("torch-adamw", "lr"), because: nothingSilent),
    standardFineTuning.row(
      "optimizer.betas", installed("torch-adamw", "betas"), because: nothingSilent),
    standardFineTuning.row(
      "optimizer.epsilon", installed("torch-adamw", "eps"), because: nothingSilent),
    standardFineTuning.row(
      "optimizer.weight_decay", installed("torch-adamw", "weight_decay"), because: nothingSilent),
  ]

  private static let nothingSilent =
    "nothing load-bearing has a silent default; a recipe may be named"

  /// As `torch` names what holds them.
  private static var decayedKinds: String {
    let names = AdamNumbers.decayedKinds.map { kind in
      switch kind {
      case .weight: "Linear.weight"
      case .bias: "bias"
      case .normScale: "LayerNorm.weight"
      case .normShift: "LayerNorm.bias"
      case .embedding: "Embedding.weight"
      }
    }
    return "[\(names.sorted().joined(separator: ", "))]"
  }

  private static var lastBatch: String {
    EpochOrder.shuffled(count: 9, batchSize: 8, seed: 0, epoch: 0).count == 2
      ? "trained" : "dropped"
  }

  // MARK: Distillation and pre-training

  static let distillationRecipe = FilledBody(
    section: "Distillation: recipe distilbert-2019", kind: .distill, recipe: "distilbert-2019")
  static let standardDistillation = FilledBody(
    section: "Distillation: without a recipe", kind: .distill, recipe: nil)
  static let pretrainingRecipe = FilledBody(
    section: "Pre-training: recipe distilbert-2019", kind: .pretrain, recipe: "distilbert-2019")
  static let standardPretraining = FilledBody(
    section: "Pre-training: without a recipe", kind: .pretrain, recipe: nil)

  static let distillation: [AuditedDefault] =
    maskedLanguage(distillationRecipe)
    + [
      distillationRecipe.row(
        "freeze", source("train.py", "freeze_pos_embs"), inTheirWords: freezesPositions,
        because: "the README passes --freeze_pos_embs, and the code of 2019 kept positions fixed"),
      distillationRecipe.row(
        "loss.soft_targets.weight", source("train.py", "alpha_ce"),
        because: "the README passes --alpha_ce 5.0"),
      distillationRecipe.row("loss.soft_targets.temperature", source("train.py", "temperature")),
      distillationRecipe.row(
        "loss.soft_targets.positions", source("train.py", "restrict_ce_to_mask"),
        inTheirWords: { $0 == TokenPositions.masked.rawValue ? "true" : "false" }),
      distillationRecipe.row(
        "loss.masked_lm.weight", source("train.py", "alpha_mlm"),
        because: "the README passes --alpha_mlm 2.0"),
      distillationRecipe.row(
        "loss.cosine.weight", source("train.py", "alpha_cos"),
        because: "the README passes --alpha_cos 1.0"),
      distillationRecipe.row("loss.cosine.layer", source("distiller.py", "hidden_states[-1]")),
    ] + standard(standardDistillation)

  static let pretraining: [AuditedDefault] =
    maskedLanguage(pretrainingRecipe)
    + [
      pretrainingRecipe.row(
        "freeze", source("train.py", "freeze_pos_embs"), inTheirWords: freezesPositions)
    ] + standard(standardPretraining)

  private static func freezesPositions(_ groups: String) -> String {
    groups.contains("\(FrozenGroup.positionEmbeddings)") ? "true" : "false"
  }

  /// What both kinds of stage share.
  private static func maskedLanguage(_ body: FilledBody) -> [AuditedDefault] {
    [
      body.row("sequence_length", source("train.py", "max_model_input_size")),
      body.row("minimum_length", source("lm_seqs_dataset.py", "remove_short_sequences")),
      body.row("maximum_unknown", source("lm_seqs_dataset.py", "remove_unknown_sequences")),
      body.row("masking.probability", source("train.py", "mlm_mask_prop")),
      body.row("masking.smoothing", source("train.py", "mlm_smoothing")),
      body.row("masking.mask", source("train.py", "word_mask")),
      body.row("masking.keep", source("train.py", "word_keep")),
      body.row("masking.random", source("train.py", "word_rand")),
      body.row("batching.batch_size", source("train.py", "batch_size")),
      body.row("batching.accumulate", source("train.py", "gradient_accumulation_steps")),
      body.row("batching.group_by_length", source("train.py", "group_by_size")),
      body.row("optimizer.name", source("distiller.py", "optimizer")),
      body.row("optimizer.learning_rate", source("train.py", "learning_rate")),
      body.row("optimizer.betas", source("distiller.py", "betas")),
      body.row("optimizer.epsilon", source("train.py", "adam_epsilon")),
      body.row("optimizer.weight_decay", source("train.py", "weight_decay")),
      body.row("optimizer.max_grad_norm", source("train.py", "max_grad_norm")),
      body.row("schedule.name", source("distiller.py", "scheduler")),
      body.row("schedule.warmup", source("train.py", "warmup_prop")),
      body.row("limit.epochs", source("train.py", "n_epoch")),
    ]
  }

  private static func standard(_ body: FilledBody) -> [AuditedDefault] {
    [
      body.row("minimum_length", source("lm_seqs_dataset.py", "remove_short_sequences")),
      body.row("maximum_unknown", source("lm_seqs_dataset.py", "remove_unknown_sequences")),
      body.row(
        "checkpoint_every.minutes", source("train.py", "checkpoint_interval"),
        inTheirWords: { "[minutes, \($0)]" },
        because: "what a killed run loses is time; resumed it ends in the same bits"),
      body.row(
        "seed", source("train.py", "seed"),
        because: "a number that a result depends on is written down: the definition's own seed"),
    ]
  }
}
