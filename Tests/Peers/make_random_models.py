"""Writes BERT-base and DistilBERT at published size with seeded random weights, in published form.

    make_random_models.py --hub HUB --out OUT [--seed N] [--names transformers] [--classifier]

HUB holds google-bert/bert-base-uncased and distilbert/distilbert-base-uncased, each with
config.json and vocab.txt; OUT gets the same folders with a model.safetensors (transformers'
save_pretrained), so that a mirror can point at it. As on the hub, BERT is the pre-training model
(masked-LM head, pooler, next-sentence head) whose LayerNorms are called gamma and beta, DistilBERT
the masked language model; tied decoders are stored once. `--names transformers` keeps the names
that transformers itself writes, weight and bias. `--classifier` adds
distilbert/distilbert-base-uncased-random-sst2, a DistilBertForSequenceClassification.

Every weight is N(0, 0.02), LayerNorm scales 1 + N(0, 0.02): biases too, so that none can be mixed
up unnoticed.
"""

import argparse
import os
import shutil

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, BertForPreTraining, DistilBertForMaskedLM
from transformers import DistilBertForSequenceClassification

BERT, DISTILBERT = "google-bert/bert-base-uncased", "distilbert/distilbert-base-uncased"


def is_norm(name):
    return "LayerNorm" in name or "layer_norm" in name


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.normal_(0.0, 0.02, generator=generator)
            if is_norm(name) and name.endswith("weight"):
                parameter.add_(1.0)
    return model.eval()


def finish(path, seed, renames_norms):
    """Marks the file as holding nothing learned: a record of a run on it then says so.

    With renames_norms, LayerNorm.weight and .bias become .gamma and .beta, as in the published BERT.
    """
    tensors = {}
    for name, tensor in load_file(path).items():
        if renames_norms and "LayerNorm" in name:
            name = name.replace(".weight", ".gamma").replace(".bias", ".beta")
        tensors[name] = tensor
    save_file(tensors, path, metadata={"format": "pt", "weights": f"random, seed {seed}"})


def write(kind, source, folder, seed, configuration_of_source=True, renames=False, **settings):
    configuration = AutoConfig.from_pretrained(source, **settings)
    model = randomize(kind(configuration), seed)
    model.save_pretrained(folder, safe_serialization=True)
    finish(os.path.join(folder, "model.safetensors"), seed, renames)
    shutil.copyfile(os.path.join(source, "vocab.txt"), os.path.join(folder, "vocab.txt"))
    if configuration_of_source:
        shutil.copyfile(os.path.join(source, "config.json"), os.path.join(folder, "config.json"))
    print(f"{folder}: {model.num_parameters():,} parameters of {kind.__name__}")


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
