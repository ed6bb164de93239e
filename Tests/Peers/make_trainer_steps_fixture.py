"""trainer_steps.h5: Hugging Face's Trainer evaluated by steps, stopped early, with rates of layers, dropout on.

The models are those of replayed_trainer.py. 25 examples in batches of 4 up to max_steps, so epochs begin anew
within it; an evaluation of 9 every 4 steps, the best model loaded at the end, early stopping with
patience, and a learning rate a layer. `_pair` is a classification of pairs with label smoothing, `_regression` a
regression.

  /<family>_pair, /<family>_regression
    ids [T], offsets [N+1]                           what is trained on
    second_starts [N]                                of pairs: where the second text begins in each
    classes [N], numbers float32 [N]                 one of them
    evaluation_ids, _offsets, …                      what is evaluated
    loss [steps]                                     float32 of each step, before its update
    evaluation_step [E], evaluation_loss float64 [E], evaluation_epoch float64 [E]
  attributes: config_json, seed, learning_rate, layer_decay, head, weight_decay, batch_size, max_steps,
    eval_steps, patience, threshold, label_smoothing, best_step, final_loss (of the model that is kept)
"""

import tempfile

import numpy as np
import torch
from transformers import EarlyStoppingCallback, TrainingArguments

import replayed_trainer
import tiny_models
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
)

MAX_STEPS, EVAL_STEPS = 50, 4
LAYER_DECAY, HEAD = 0.8, 2e-3
# What is added to a family's name -> labels, standard deviation of the new head, label smoothing,
# patience, threshold.
RUNS = {"_pair": (CLASSES, 0.5, 0.1, 12, 0.0), "_regression": (1, 0.2, 0.0, 4, 1e-3)}


class Pairs(Examples):
    """The same texts, each of two or more tokens cut into two."""

    def __init__(self, count, generator, labels):
        super().__init__(count, generator, labels)
        self.seconds = [1 + len(row) // 2 if len(row) > 1 else len(row) for row in self.rows]

    def __getitem__(self, index):
        return dict(super().__getitem__(index), second=self.seconds[index])

    def put(self, fixture, group, prefix):
        super().put(fixture, group, prefix)
        fixture.put(f"{group}/{prefix}second_starts", np.array(self.seconds))


def collate(examples, token_types):
    batch = replayed_trainer.collate(examples)
    if token_types and "second" in examples[0]:
        types = torch.zeros_like(batch["input_ids"])
        for row, example in enumerate(examples):
            types[row, example["second"] : len(example["row"])] = 1
        batch["token_type_ids"] = types
    return batch


def optimizer(model, prefix):
    """AdamW with a group a rate and a decay."""
    groups = {}
    for name, parameter in model.named_parameters():
        if name.startswith(prefix + "embeddings."):
            rate = LEARNING_RATE * LAYER_DECAY**3
        elif ".layer." in name:
            layer = int(name.split(".layer.")[1].split(".")[0])
            rate = LEARNING_RATE * LAYER_DECAY ** (2 - layer)
        else:
            rate = HEAD
        decays = not (tiny_models.is_norm(name) or name.endswith("bias"))
        key = rate, WEIGHT_DECAY if decays else 0.0
        groups.setdefault(key, []).append(parameter)
    return torch.optim.AdamW(
        [dict(params=p, lr=rate, weight_decay=decay) for (rate, decay), p in groups.items()]
    )


def put_run(fixture, family, run):
    labels, spread, smoothing, patience, threshold = RUNS[run]
    generator = torch.Generator().manual_seed(DATA_SEED)
    kind_of_examples = Pairs if run == "_pair" else Examples
    training = kind_of_examples(25, generator, labels)
    evaluation = kind_of_examples(9, generator, labels)
    prefix, configuration, make_encoder, kind = FAMILIES[family]
    model = classifier(prefix, configuration(labels, spread), make_encoder, kind)
    with tempfile.TemporaryDirectory() as folder:
        trainer = LoggingTrainer(
            model=model,
            args=TrainingArguments(
                folder, seed=SEED, max_steps=MAX_STEPS, eval_strategy="steps",
                eval_steps=EVAL_STEPS, save_strategy="steps", save_steps=EVAL_STEPS,
                load_best_model_at_end=True, metric_for_best_model="loss",
                label_smoothing_factor=smoothing, per_device_train_batch_size=BATCH_SIZE,
                per_device_eval_batch_size=BATCH_SIZE, use_cpu=True, report_to="none",
                disable_tqdm=True, remove_unused_columns=False,
            ),
            train_dataset=training,
            eval_dataset=evaluation,
            data_collator=lambda examples: collate(examples, token_types=family == "bert"),
            optimizers=(optimizer(model, prefix), None),
            callbacks=[EarlyStoppingCallback(patience, threshold)],
        )  # fmt: skip
        trainer.step_losses = []
        trainer.train()
        history = [entry for entry in trainer.state.log_history if "eval_loss" in entry]
        final = trainer.evaluate()["eval_loss"]
    best = min(history, key=lambda entry: entry["eval_loss"])
    assert best["eval_loss"] == trainer.state.best_metric
    group = family + run
    training.put(fixture, group, "")
    evaluation.put(fixture, group, "evaluation_")
    fixture.put(f"{group}/loss", np.array(trainer.step_losses, np.float32))
    fixture.put(f"{group}/evaluation_step", np.array([entry["step"] for entry in history]))
    for name in ["loss", "epoch"]:
        key = "eval_loss" if name == "loss" else name
        values = np.array([entry[key] for entry in history])
        fixture.put(f"{group}/evaluation_{name}", values, np.float64)
    fixture.attributes(
        group, config_json=model.config.to_json_string(use_diff=True), seed=SEED,
        learning_rate=LEARNING_RATE, layer_decay=LAYER_DECAY, head=HEAD,
        weight_decay=WEIGHT_DECAY, batch_size=BATCH_SIZE, max_steps=MAX_STEPS,
        eval_steps=EVAL_STEPS, patience=patience, threshold=threshold, label_smoothing=smoothing,
        best_step=best["step"], final_loss=final,
    )  # fmt: skip
    print(f"{group}: {len(trainer.step_losses)} steps, best {best['step']}, {history[-1]}")


def main():
    with FixtureFile(destination(), SEED) as fixture:
        for run in RUNS:
            for family in FAMILIES:
                put_run(fixture, family, run)


main()
