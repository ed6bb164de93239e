"""Models with seeded random weights, in folders as transformers writes them.

Every weight is N(0, 0.02), LayerNorm scales 1 + N(0, 0.02): biases too, so that none can be mixed
up unnoticed.
"""

import os
import shutil

import torch
from safetensors.torch import load_file, save_file


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


def write(kind, configuration, vocabulary, folder, seed, renames_norms=False):
    """config.json, model.safetensors and vocab.txt; returns how many parameters there are.

    With renames_norms, LayerNorm.weight and .bias are called .gamma and .beta, as in the published
    BERT.
    """
    model = randomize(kind(configuration), seed)
    model.save_pretrained(folder, safe_serialization=True)
    mark(os.path.join(folder, "model.safetensors"), seed, renames_norms)
    shutil.copyfile(vocabulary, os.path.join(folder, "vocab.txt"))
    return model.num_parameters()


def mark(path, seed, renames_norms):
    """Marks the file as holding nothing learned: a record of a run on it then says so."""
    tensors = {}
    for name, tensor in load_file(path).items():
        if renames_norms and "LayerNorm" in name:
            name = name.replace(".weight", ".gamma").replace(".bias", ".beta")
        tensors[name] = tensor
    save_file(tensors, path, metadata={"format": "pt", "weights": f"random, seed {seed}"})
