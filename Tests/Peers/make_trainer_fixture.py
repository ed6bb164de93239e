"""trainer.h5: epochs of Hugging Face's Trainer itself, dropout on, on models that are computed.

The models are those of replayed_trainer.py. 25 examples in batches of 4: seven steps an epoch, the last of one example; an evaluation of 9 after each epoch.
Two epochs with classes; eight with numbers, of a model with one output.

  /<family>, /<family>_regression
    ids [T], offsets [N+1]                           what is trained on
    classes [N], numbers float32 [N]                 one of them
    evaluation_ids, _offsets, _classes or _numbers   what is evaluated
    loss [steps]                                     float32 of each step, before its update
    evaluation_loss float64 [epochs]                 mean over the examples
  attributes: config_json, seed, learning_rate, weight_decay, batch_size, epochs
"""

import tempfile

import numpy as np
import torch
from transformers import TrainingArguments

from fixture_file import FixtureFile, destination
from replayed_trainer import (
    BATCH_SIZE,
    CLASSES,
    DATA_SEED,
    FAMILIES,
    LEARNING_RATE,
    SEED,
    WEIGHT_DECAY,
    Examples,
    LoggingTrainer,
    classifier,
    collate,
)

# What is added to a family's name -> labels, standard deviation of the new head, epochs. Heads are drawn
# wide, so that the losses depend on what was dropped.
RUNS = {"": (CLASSES, 0.5, 2), "_regression": (1, 0.2, 8)}


def put_run(fixture, family, run):
    labels, spread, epochs = RUNS[run]
    generator = torch.Generator().manual_seed(DATA_SEED)
    training, evaluation = Examples(25, generator, labels), Examples(9, generator, labels)
    prefix, configuration, make_encoder, kind = FAMILIES[family]
    model = classifier(prefix, configuration(labels, spread), make_encoder, kind)
    with tempfile.TemporaryDirectory() as folder:
        trainer = LoggingTrainer(
            model=model,
            args=TrainingArguments(
                folder, seed=SEED, num_train_epochs=epochs, learning_rate=LEARNING_RATE,
                weight_decay=WEIGHT_DECAY, per_device_train_batch_size=BATCH_SIZE,
                per_device_eval_batch_size=BATCH_SIZE, eval_strategy="epoch", save_strategy="no",
                use_cpu=True, report_to="none", disable_tqdm=True, remove_unused_columns=False,
            ),
            train_dataset=training,
            eval_dataset=evaluation,
            data_collator=collate,
        )  # fmt: skip
        trainer.step_losses = []
        trainer.train()
    history = [e["eval_loss"] for e in trainer.state.log_history if "eval_loss" in e]
    group = family + run
    training.put(fixture, group, "")
    evaluation.put(fixture, group, "evaluation_")
    fixture.put(f"{group}/loss", np.array(trainer.step_losses, np.float32))
    fixture.put(f"{group}/evaluation_loss", np.array(history), np.float64)
    fixture.attributes(
        group, config_json=model.config.to_json_string(use_diff=True), seed=SEED,
        learning_rate=LEARNING_RATE, weight_decay=WEIGHT_DECAY, batch_size=BATCH_SIZE,
        epochs=epochs,
    )  # fmt: skip
    print(f"{group}: {trainer.step_losses[0]:.4f} -> {trainer.step_losses[-1]:.4f}, {history}")


def main():
    with FixtureFile(destination(), SEED) as fixture:
        for run in RUNS:
            for family in FAMILIES:
                put_run(fixture, family, run)


main()
