"""The six models that Retort takes from transformers and gives back: two families, three forms.

Weights are N(0, 0.2), LayerNorm scales 1 + N(0, 0.2), biases too, so that nothing can be mixed up
unnoticed. Configurations differ from the defaults wherever Retort allows it.
"""

import os

import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    BertModel,
    BertTokenizer,
    DistilBertConfig,
    DistilBertForMaskedLM,
    DistilBertForSequenceClassification,
    DistilBertModel,
    DistilBertTokenizer,
)

import tiny_models

# folder -> class of transformers, configuration, tokenizer
MODELS = {
    "bert": (BertModel, BertConfig, BertTokenizer),
    "bert-masked-lm": (BertForMaskedLM, BertConfig, BertTokenizer),
    "bert-classifier": (BertForSequenceClassification, BertConfig, BertTokenizer),
    "distilbert": (DistilBertModel, DistilBertConfig, DistilBertTokenizer),
    "distilbert-masked-lm": (DistilBertForMaskedLM, DistilBertConfig, DistilBertTokenizer),
    "distilbert-classifier": (
        DistilBertForSequenceClassification, DistilBertConfig, DistilBertTokenizer,
    ),
}  # fmt: skip

WORDS = (
    "[PAD] [UNK] [CLS] [SEP] [MASK] a film is good bad the not very and dull bright plot ##s ##ly . ,"
).split()

SENTENCES = [
    "a good film",
    "the plots are dull , and very badly so .",
    "not",
    "bright Films , good",
]


def small_configuration(kind):
    shared = dict(
        vocab_size=len(WORDS), max_position_embeddings=20, initializer_range=0.05,
        id2label={0: "bad", 1: "so-so", 2: "good"}, label2id={"bad": 0, "so-so": 1, "good": 2},
    )  # fmt: skip
    if kind is BertConfig:
        return BertConfig(
            hidden_size=12, num_hidden_layers=2, num_attention_heads=3, intermediate_size=20,
            hidden_dropout_prob=0.2, attention_probs_dropout_prob=0.3, classifier_dropout=0.4,
            layer_norm_eps=1e-6, **shared,
        )  # fmt: skip
    return DistilBertConfig(
        dim=12, n_layers=2, n_heads=3, hidden_dim=20, dropout=0.2, attention_dropout=0.3,
        seq_classif_dropout=0.4, **shared,
    )  # fmt: skip


def write(name, folder, configuration, seed, deviation=0.2, vocabulary=None):
    """Saves a model of the given configuration with its tokenizer; returns the model."""
    kind, _, tokenizer = MODELS[name]
    model = kind(configuration)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter_name, parameter in model.named_parameters():
            parameter.normal_(0.0, deviation, generator=generator)
            if tiny_models.is_norm(parameter_name) and parameter_name.endswith("weight"):
                parameter.add_(1.0)
    model.eval().save_pretrained(folder)
    if vocabulary is None:
        vocabulary = os.path.join(folder, "vocab.txt")
        with open(vocabulary, "w", encoding="utf-8") as file:
            file.write("\n".join(WORDS) + "\n")
    tokenizer(vocabulary, model_max_length=configuration.max_position_embeddings).save_pretrained(
        folder
    )
    return model
