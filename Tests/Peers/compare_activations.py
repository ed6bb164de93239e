"""Compares the hidden states of an activation store with those of transformers, read with h5py alone.

    compare_activations.py STORE.h5 --model FOLDER --text FILE [--tolerance T]

STORE: what `retort activations --model FOLDER --text FILE --out STORE.h5` wrote. FOLDER:
config.json, model.safetensors, vocab.txt. Text: one sequence a line. Prints, for every layer stored,
the largest difference and where it is; exit 1 beyond the tolerance (default 1e-4 for float32, and
for float16 half a unit in the eleventh bit of the value besides).
"""

import argparse
import sys

import h5py
import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer


def read_lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    parser.add_argument("--model", required=True)
    parser.add_argument("--text", required=True)
    parser.add_argument("--tolerance", type=float, default=1e-4)
    arguments = parser.parse_args()
    lines = read_lines(arguments.text)
    model = AutoModel.from_pretrained(arguments.model).eval()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    longest = model.config.max_position_embeddings
    with h5py.File(arguments.store, "r") as file:
        tokens, offsets = file["tokens"][()], file["offsets"][()]
        layers = sorted(map(int, file["hidden"]))
        if len(offsets) != len(lines) + 1:
            sys.exit(f"{len(offsets) - 1} sequences stored, {len(lines)} lines")
        worst = {layer: (-1.0, 0) for layer in layers}
        fails = 0
        for number, line in enumerate(lines):
            rows = slice(offsets[number], offsets[number + 1])
            ids = tokenizer(line, truncation=True, max_length=longest)["input_ids"]
            if ids != tokens[rows].tolist():
                sys.exit(f"line {number + 1}: other token ids")
            with torch.inference_mode():
                states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
            for layer in layers:
                stored = file[f"hidden/{layer}"][rows]
                expected = states[layer][0].numpy()
                allowed = arguments.tolerance
                if stored.dtype == np.float16:
                    allowed = allowed + np.abs(expected) * 2.0**-11
                difference = np.abs(stored.astype(np.float32) - expected)
                fails += int((~(difference <= allowed)).any())
                worst[layer] = max(worst[layer], (float(difference.max()), number + 1))
        for layer, (difference, line) in worst.items():
            kind = file[f"hidden/{layer}"].dtype
            print(f"layer {layer}: {kind}, largest difference {difference:.3g} in line {line}")
    print(f"{len(lines)} lines, {len(tokens)} tokens")
    if fails:
        sys.exit(f"{fails} lines and layers beyond the tolerance")


main()
