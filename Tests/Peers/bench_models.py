"""The models that timings run on: published sizes, seeded random weights, one folder each.

Both sides of a comparison read the same folder. No download is needed but the vocabulary.
"""

import hashlib
import os
import shutil

from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertModel,
    DistilBertConfig,
    DistilBertForMaskedLM,
    DistilBertForSequenceClassification,
)

import random_models

# all-MiniLM-L6-v2's and, of MiniLM-L6, everybody's.
MINILM = dict(
    hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
)  # fmt: skip
MODELS = {
    "distilbert-classifier": (DistilBertForSequenceClassification, DistilBertConfig(num_labels=2)),
    "minilm-classifier": (BertForSequenceClassification, BertConfig(num_labels=2, **MINILM)),
    "minilm-encoder": (BertModel, BertConfig(**MINILM)),
    "minilm-l3-encoder": (BertModel, BertConfig(**MINILM | dict(num_hidden_layers=3))),
    "bert-base-masked-lm": (BertForMaskedLM, BertConfig()),
    "distilbert-masked-lm": (DistilBertForMaskedLM, DistilBertConfig()),
}
SEED = 42


def folder(name, cache, vocabulary):
    """The folder of a model, written first if it is not there or has another vocabulary."""
    with open(vocabulary, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    path = os.path.join(cache, f"{name}-seed{SEED}-{digest[:8]}")
    if not os.path.isdir(path):
        kind, configuration = MODELS[name]
        partial = path + ".partial"
        shutil.rmtree(partial, ignore_errors=True)
        random_models.write(kind, configuration, vocabulary, partial, SEED)
        os.rename(partial, path)
    return path
