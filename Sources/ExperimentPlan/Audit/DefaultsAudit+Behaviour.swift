// What the programs do that no setting of theirs says, and what is done here instead.
import RetortRecords

extension DefaultsAudit {
  static let behaviour: [AuditedDefault] = [
    differs(
      "layers of the student", "must be written",
      from: source("extract_distilbert.py", "teacher_idx"),
      because: "which layers are kept is what an experiment is about",
      heldBy: test(
        "ExperimentPlanTests/MustBeWrittenTests.swift", "the student's layers are not filled in")),
    differs(
      "token types of a DistilBERT's teacher", "`token_type: fold` or `drop` must be written",
      from: source("extract_distilbert.py", "token_type_embeddings"),
      because:
        "left out, the first layer's input is no longer the teacher's; nothing of that is silent",
      heldBy: test(
        "TransformersTests/StudentInitializationTests.swift",
        "impossible requests are refused before anything runs, all reasons at once")),
    differs(
      "transform of a copied masked-LM head", "copied with its normalisation and bias",
      from: source("extract_distilbert.py", "vocab_transform"),
      because:
        "the teacher predicts with it; drawn anew, the first steps go into learning it again",
      heldBy: test(
        "TransformersTests/StudentInitializationTests.swift",
        "a DistilBERT of BERT's first layers with the token type folded in computes the same")),
    differs(
      "frozen positions of a DistilBERT", "`freeze: [position_embeddings]` freezes them",
      from: source("train.py", "freeze_pos_embeddings"),
      because: "a setting without effect misleads",
      heldBy: test(
        "DistillationTests/UntouchedTests.swift", "frozen parameters")),
    differs(
      "parameters without weight decay", "by kind: biases and every layer normalisation",
      from: source("distiller.py", "no_decay"),
      because:
        "names miss three of DistilBERT's layer normalisations; the recipe's decay of 0 hides it",
      heldBy: test(
        "OptimizationTests/AdamWTests.swift",
        "follows the formula in double precision over ten steps; only weights decay")),
    differs(
      "causal language modelling", "there is no such term", from: source("train.py", "alpha_clm"),
      because: "BERT has no causal head; the README passes --alpha_clm 0.0",
      heldBy: test(
        "ExperimentPlanTests/MustBeWrittenTests.swift", "terms that a distillation has not")),
    differs(
      "squared error of the logits", "there is no such term", from: source("train.py", "alpha_mse"),
      because: "off there too; no published recipe uses it",
      heldBy: test(
        "ExperimentPlanTests/MustBeWrittenTests.swift", "terms that a distillation has not")),
    differs(
      "unfinished accumulation of a distillation",
      "an epoch's last batches make a step of their own, a mean over themselves",
      from: source("distiller.py", "end_epoch"),
      because: "the leak was no intention: it weighs some sequences more than others",
      heldBy: test(
        "DistillationTests/AccumulationTests.swift",
        "distillation: 2 times 4 sequences and 8, with unequal numbers of masked words")),
    differs(
      "unfinished accumulation of a fine-tuning",
      "an epoch's last batches make a step of their own, a mean over themselves",
      from: source("trainer.py", "total_batched_samples"),
      because: "an epoch is every example once; without accumulation, as in the report, both agree",
      heldBy: test(
        "DistillationTests/AccumulationTests.swift",
        "fine-tuning: 2 times 4 sentences and 8, the last step smaller")),
    differs(
      "mean of an accumulated loss in distillation",
      "over all the step's tokens, whatever micro-batch they are in",
      from: source("distiller.py", "optimize"),
      because: "batches differ in tokens, and how they are cut should not move the loss",
      heldBy: test(
        "DistillationTests/AccumulationTests.swift",
        "distillation: 2 times 4 sequences and 8, with unequal numbers of masked words")),
    differs(
      "mean of an accumulated loss in fine-tuning", "over all the step's examples",
      from: source("trainer.py", "training_step"),
      because: "the two differ in an epoch's last step alone, where a batch is smaller",
      heldBy: test(
        "DistillationTests/AccumulationTests.swift",
        "fine-tuning: 2 times 4 sentences and 8, the last step smaller")),
    differs(
      "steps that the schedule counts", "the steps that are taken",
      from: source("distiller.py", "num_train_optimization_steps"),
      because: "the rate then is 0 after the last step, not one step later",
      heldBy: test(
        "DistillationTests/ProgressTests.swift",
        "the schedule's rate of each step, with warm-up and linear or constant after it")),
    differs(
      "order of a corpus", "as in the file, then drawn from seed and epoch",
      from: source("binarized_data.py", "random.shuffle"),
      because: "a run must be repeatable from its definition",
      heldBy: test(
        "TextTests/EpochOrderTests.swift",
        "Shuffled: every example once, another order each epoch and seed, the same again")),
    differs(
      "order of the second epoch", "a new one every epoch",
      from: source("distiller.py", "DistributedSampler"),
      because: "what a single GPU does there",
      heldBy: test(
        "TextTests/EpochOrderTests.swift",
        "Shuffled: every example once, another order each epoch and seed, the same again")),
    differs(
      "padding", "none: batches are packed", from: source("lm_seqs_dataset.py", "batch_sequences"),
      because: "the mathematics is that of padded, masked batches; the work on padding is saved",
      heldBy: test(
        "ParityTests/TinyModelParityTests.swift", "every hidden state")),
    differs(
      "a new classification head", "drawn from the stage's seed",
      from: source("trainer.py", "set_seed"),
      because: "a head that nobody seeded cannot be repeated",
      heldBy: test(
        "TransformersTests/HeadTests.swift",
        "a new classification head is its seed's alone, whatever lies under it")),
    differs(
      "training loss of an epoch", "that window, and the epoch's mean beside it",
      from: source("trainer.py", "tr_loss"),
      because: "one shows what theirs shows, the other what the epoch was",
      heldBy: test(
        "DistillationTests/ProgressTests.swift", "windows of 5, 3 and 50 steps")),
    differs(
      "losses of a distillation", "every term, unweighted, at every step",
      from: source("distiller.py", "total_loss_epoch / n_iter"),
      because: "a mean since the epoch began hides what happens now",
      heldBy: test(
        "DistillationTests/ProgressTests.swift", "each term of an objective has its own means")),
    differs(
      "evaluation", "after every epoch", from: installed("training-arguments", "eval_strategy"),
      because: "the report's table has a row an epoch",
      heldBy: test(
        "DistillationTests/SelectionTests.swift", "the model ends with that epoch's weights")),
    differs(
      "a loss that is not a number, in distillation",
      "ends the run with status 1, step, term and batch",
      from: source("distiller.py", "NaN"), because: "status 0 is success",
      heldBy: test(
        "DistillationTests/StopTests.swift", "distillation: the term that is not a number is named")
    ),
    differs(
      "a loss that is not a number, in fine-tuning",
      "ends the run with status 1, step, term and batch",
      from: installed("training-arguments", "logging_nan_inf_filter"),
      because: "filtered from the log it goes unseen, and the weights are lost all the same",
      heldBy: test(
        "DistillationTests/StopTests.swift", "fine-tuning: the loss is not a number")),
    differs(
      "a distillation's checkpoint", "weights, moments and place",
      from: source("distiller.py", "save_checkpoint"),
      because: "killed and resumed, a run ends in the same bits",
      heldBy: test(
        "DistillationTests/ResumeTests.swift", "killed between checkpoints")),
    differs(
      "the folder of an earlier run", "an unfinished one is refused unless it is resumed",
      from: source("train.py", "force"), because: "nothing is lost by a word too many",
      heldBy: test(
        "ExperimentPlanTests/RunPlacesTests.swift", "aFinishedRunMayBeginAnewAnUnfinishedOneMayNot")
    ),
  ]

  private static func differs(
    _ subject: String, _ here: String, from counterpart: AuditedDefault.Counterpart,
    because reason: String, heldBy test: AuditedDefault.HoldingTest
  ) -> AuditedDefault {
    AuditedDefault(
      section: "What a training does", setting: subject, value: here, counterpart: counterpart,
      reason: reason, heldBy: test)
  }

  private static func test(_ file: String, _ title: String) -> AuditedDefault.HoldingTest {
    AuditedDefault.HoldingTest(file: "Tests/\(file)", title: title)
  }
}
