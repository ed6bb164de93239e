// What the programs do that no setting of theirs says, and what is done here instead.
import RetortRecords

extension DefaultsAudit {
  static let behaviour: [AuditedDefault] = [
    differs(
      "layers of the student", "must be written",
      from: source("extract_distilbert.py", "teacher_idx"),
      because: "which layers are kept is what an experiment is about",
      heldBy: "ExperimentPlanTests/MustBeWrittenTests.swift"),
    differs(
      "token types of a DistilBERT's teacher", "`token_type: fold` or `drop` must be written",
      from: source("extract_distilbert.py", "token_type_embeddings"),
      because:
        "left out, the first layer's input is no longer the teacher's; nothing of that is silent",
      heldBy: "TransformersTests/StudentInitializationTests.swift"),
    differs(
      "transform of a copied masked-LM head", "copied with its normalisation and bias",
      from: source("extract_distilbert.py", "vocab_transform"),
      because:
        "the teacher predicts with it; drawn anew, the first steps go into learning it again",
      heldBy: "TransformersTests/StudentInitializationTests.swift"),
    differs(
      "frozen positions of a DistilBERT", "`freeze: [position_embeddings]` freezes them",
      from: source("train.py", "freeze_pos_embeddings"),
      because: "a setting without effect misleads",
      heldBy: "DistillationTests/UntouchedTests.swift"),
    differs(
      "parameters without weight decay", "by kind: biases and every layer normalisation",
      from: source("distiller.py", "no_decay"),
      because:
        "names miss three of DistilBERT's layer normalisations; the recipe's decay of 0 hides it",
      heldBy: "OptimizationTests/AdamWTests.swift"),
    differs(
      "causal language modelling", "there is no such term", from: source("train.py", "alpha_clm"),
      because: "BERT has no causal head; the README passes --alpha_clm 0.0",
      heldBy: "ExperimentPlanTests/MustBeWrittenTests.swift"),
    differs(
      "squared error of the logits", "there is no such term", from: source("train.py", "alpha_mse"),
      because: "off there too; no published recipe uses it",
      heldBy: "ExperimentPlanTests/MustBeWrittenTests.swift"),
    differs(
      "unfinished accumulation of a distillation",
      "an epoch's last batches make a step of their own, a mean over themselves",
      from: source("distiller.py", "end_epoch"),
      because: "the leak was no intention: it weighs some sequences more than others",
      heldBy: "DistillationTests/AccumulationTests.swift"),
    differs(
      "unfinished accumulation of a fine-tuning",
      "an epoch's last batches make a step of their own, a mean over themselves",
      from: source("trainer.py", "total_batched_samples"),
      because: "an epoch is every example once; without accumulation, as in the report, both agree",
      heldBy: "DistillationTests/AccumulationTests.swift"),
    differs(
      "mean of an accumulated loss in distillation",
      "over all the step's tokens, whatever micro-batch they are in",
      from: source("distiller.py", "optimize"),
      because: "batches differ in tokens, and how they are cut should not move the loss",
      heldBy: "DistillationTests/AccumulationTests.swift"),
    differs(
      "mean of an accumulated loss in fine-tuning", "over all the step's examples",
      from: source("trainer.py", "training_step"),
      because: "the two differ in an epoch's last step alone, where a batch is smaller",
      heldBy: "DistillationTests/AccumulationTests.swift"),
    differs(
      "steps that the schedule counts", "the steps that are taken",
      from: source("distiller.py", "num_train_optimization_steps"),
      because: "the rate then is 0 after the last step, not one step later",
      heldBy: "DistillationTests/ProgressTests.swift"),
    differs(
      "order of a corpus", "as in the file, then drawn from seed and epoch",
      from: source("binarized_data.py", "random.shuffle"),
      because: "a run must be repeatable from its definition",
      heldBy: "TextTests/EpochOrderTests.swift"),
    differs(
      "order of the second epoch", "a new one every epoch",
      from: source("distiller.py", "DistributedSampler"),
      because: "what a single GPU does there", heldBy: "TextTests/EpochOrderTests.swift"),
    differs(
      "padding", "none: batches are packed", from: source("lm_seqs_dataset.py", "batch_sequences"),
      because: "the mathematics is that of padded, masked batches; the work on padding is saved",
      heldBy: "ParityTests/TinyModelParityTests.swift"),
    differs(
      "a new classification head", "drawn from the stage's seed",
      from: source("trainer.py", "set_seed"),
      because: "a head that nobody seeded cannot be repeated",
      heldBy: "TransformersTests/HeadTests.swift"),
    differs(
      "training loss of an epoch", "that window, and the epoch's mean beside it",
      from: source("trainer.py", "tr_loss"),
      because: "one shows what theirs shows, the other what the epoch was",
      heldBy: "DistillationTests/ProgressTests.swift"),
    differs(
      "losses of a distillation", "every term, unweighted, at every step",
      from: source("distiller.py", "total_loss_epoch / n_iter"),
      because: "a mean since the epoch began hides what happens now",
      heldBy: "DistillationTests/ProgressTests.swift"),
    differs(
      "evaluation", "after every epoch", from: installed("training-arguments", "eval_strategy"),
      because: "the report's table has a row an epoch",
      heldBy: "DistillationTests/SelectionTests.swift"),
    differs(
      "a loss that is not a number, in distillation",
      "ends the run with status 1, step, term and batch",
      from: source("distiller.py", "NaN"), because: "status 0 is success",
      heldBy: "DistillationTests/StopTests.swift"),
    differs(
      "a loss that is not a number, in fine-tuning",
      "ends the run with status 1, step, term and batch",
      from: installed("training-arguments", "logging_nan_inf_filter"),
      because: "filtered from the log it goes unseen, and the weights are lost all the same",
      heldBy: "DistillationTests/StopTests.swift"),
    differs(
      "a distillation's checkpoint", "weights, moments and place",
      from: source("distiller.py", "save_checkpoint"),
      because: "killed and resumed, a run ends in the same bits",
      heldBy: "DistillationTests/ResumeTests.swift"),
    differs(
      "the folder of an earlier run", "an unfinished one is refused unless it is resumed",
      from: source("train.py", "force"), because: "nothing is lost by a word too many",
      heldBy: "ExperimentPlanTests/RunPlacesTests.swift"),
  ]

  private static func differs(
    _ subject: String, _ here: String, from counterpart: AuditedDefault.Counterpart,
    because reason: String, heldBy test: String
  ) -> AuditedDefault {
    AuditedDefault(
      section: "What a training does", setting: subject, value: here, counterpart: counterpart,
      reason: reason, heldBy: "Tests/\(test)")
  }
}
