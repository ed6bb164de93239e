"""trainer.h5: epochs of Hugging Face's Trainer itself, dropout on, on models that are computed.

An encoder of 2 layers whose weights are value(name, i) of integer_hash.py, named as in
published_models.h5, is saved without heads, the seed is set, and from_pretrained draws what is
missing (BERT: pooler and classifier; DistilBERT: pre_classifier and classifier). 25 examples in
batches of 4: seven steps an epoch, the last of one example; an evaluation of 9 after each epoch.
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
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    DistilBertConfig,
    DistilBertForSequenceClassification,
    DistilBertModel,
    Trainer,
    TrainingArguments,
    set_seed,
)

import integer_hash
import tiny_models
from fixture_file import FixtureFile, destination

SEED, DATA_SEED = 42, 20240919
LEARNING_RATE, WEIGHT_DECAY, BATCH_SIZE = 1e-3, 0.01, 4
VOCABULARY, CLASSES, LONGEST = 50, 3, 19


def bert(labels, spread):
    return BertConfig(
        vocab_size=VOCABULARY, hidden_size=20, num_hidden_layers=2, num_attention_heads=5,
        intermediate_size=44, max_position_embeddings=24, num_labels=labels,
        initializer_range=spread,
    )  # fmt: skip


def distilbert(labels, spread):
    return DistilBertConfig(
        vocab_size=VOCABULARY, dim=20, n_layers=2, n_heads=5, hidden_dim=44,
        max_position_embeddings=24, num_labels=labels, initializer_range=spread,
    )  # fmt: skip


FAMILIES = {
    "bert": ("bert.", bert, lambda c: BertModel(c, add_pooling_layer=False),
             BertForSequenceClassification),
    "distilbert": ("distilbert.", distilbert, DistilBertModel,
                   DistilBertForSequenceClassification),
}  # fmt: skip
# What is added to a family's name -> labels, standard deviation of the new head, epochs. Heads are drawn
# wide, so that the losses depend on what was dropped.
RUNS = {"": (CLASSES, 0.5, 2), "_regression": (1, 0.2, 8)}


class Examples(torch.utils.data.Dataset):
    def __init__(self, count, generator, labels):
        lengths = torch.randint(1, LONGEST + 1, (count,), generator=generator).tolist()
        self.rows = [
            torch.randint(1, VOCABULARY, (length,), generator=generator) for length in lengths
        ]
        self.kind = "numbers" if labels == 1 else "classes"
        self.labels = (
            torch.rand(count, generator=generator)
            if labels == 1
            else torch.randint(labels, (count,), generator=generator)
        )

    def __len__(self):
        return len(self.rows)

    def __getitem__(self, index):
        return dict(row=self.rows[index], label=self.labels[index])

    def put(self, fixture, group, prefix):
        lengths = [len(row) for row in self.rows]
        fixture.put(f"{group}/{prefix}ids", torch.cat(self.rows))
        fixture.put(f"{group}/{prefix}offsets", np.concatenate([[0], np.cumsum(lengths)]))
        fixture.put(f"{group}/{prefix}{self.kind}", self.labels)


def collate(examples):
    rows = [example["row"] for example in examples]
    lengths = [len(row) for row in rows]
    return dict(
        input_ids=torch.nn.utils.rnn.pad_sequence(rows, batch_first=True),
        attention_mask=tiny_models.attention_mask(lengths),
        labels=torch.stack([example["label"] for example in examples]),
    )


class LoggingTrainer(Trainer):
    def training_step(self, model, inputs):
        loss = super().training_step(model, inputs)
        self.step_losses.append(loss.item())
        return loss


def classifier(prefix, config, make_encoder, kind):
    """What from_pretrained makes of an encoder alone after the seed is set."""
    encoder = make_encoder(config)
    with torch.no_grad():
        for name, parameter in encoder.named_parameters():
            values = integer_hash.values(prefix + name, parameter.shape)
            if tiny_models.is_norm(name) and name.endswith("weight"):
                values = np.float32(1) + values
            parameter.copy_(torch.from_numpy(values))
    with tempfile.TemporaryDirectory() as folder:
        encoder.save_pretrained(folder)
        set_seed(SEED)
        return kind.from_pretrained(folder)


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
