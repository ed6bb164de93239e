"""Writes BERT-base and DistilBERT at published size with seeded random weights, in published form.

    make_random_models.py --hub HUB --out OUT [--seed N] [--names transformers] [--classifier]

HUB holds google-bert/bert-base-uncased and distilbert/distilbert-base-uncased, each with
config.json and vocab.txt; OUT gets the same folders with a model.safetensors (transformers'
save_pretrained), so that a mirror can point at it. As on the hub, BERT is the pre-training model
(masked-LM head, pooler, next-sentence head) whose LayerNorms are called gamma and beta, DistilBERT
the masked language model; tied decoders are stored once. `--names transformers` keeps the names
that transformers itself writes, weight and bias. `--classifier` adds
distilbert/distilbert-base-uncased-random-sst2, a DistilBertForSequenceClassification.
"""

import argparse
import os
import shutil

from transformers import (
    AutoConfig,
    BertForPreTraining,
    DistilBertForMaskedLM,
    DistilBertForSequenceClassification,
)

import random_models

BERT, DISTILBERT = "google-bert/bert-base-uncased", "distilbert/distilbert-base-uncased"


def write(kind, source, folder, seed, configuration_of_source=True, renames=False, **settings):
    configuration = AutoConfig.from_pretrained(source, **settings)
    parameters = random_models.write(
        kind, configuration, os.path.join(source, "vocab.txt"), folder, seed, renames
    )
    if configuration_of_source:
        shutil.copyfile(os.path.join(source, "config.json"), os.path.join(folder, "config.json"))
    print(f"{folder}: {parameters:,} parameters of {kind.__name__}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hub", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--names", choices=["hub", "transformers"], default="hub")
    parser.add_argument("--classifier", action="store_true")
    arguments = parser.parse_args()

    bert, distilbert = (os.path.join(arguments.out, name) for name in (BERT, DISTILBERT))
    write(
        BertForPreTraining, os.path.join(arguments.hub, BERT), bert, arguments.seed,
        renames=arguments.names == "hub",
    )  # fmt: skip
    source = os.path.join(arguments.hub, DISTILBERT)
    write(DistilBertForMaskedLM, source, distilbert, arguments.seed + 1)
    if arguments.classifier:
        write(
            DistilBertForSequenceClassification, source, distilbert + "-random-sst2",
            arguments.seed + 2, configuration_of_source=False, num_labels=2,
        )  # fmt: skip


main()
