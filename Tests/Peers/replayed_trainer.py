"""Hugging Face's Trainer on models that are computed: what the fixtures of its runs share.

An encoder of 2 layers whose weights are value(name, i) of integer_hash.py, named as in
published_models.h5, is saved without heads, the seed is set, and from_pretrained draws what is
missing (BERT: pooler and classifier; DistilBERT: pre_classifier and classifier).
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
    set_seed,
)

import integer_hash
import tiny_models

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
        """The examples as arrays whose names begin with the prefix."""
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
