"""Compares the columns of an activation store with those of transformers, read with h5py alone.

    compare_activations.py STORE.h5 --model FOLDER [--text FILE] [--group /teachers/NAME] [--tolerance T] [--sequences N]

STORE: what `retort activations --model FOLDER --text FILE --out STORE.h5` wrote, or `retort activations DEF --stage ID`
for a stage whose text stays as it is. FOLDER: config.json, model.safetensors, vocab.txt of a BERT or DistilBERT. Text:
one sequence a line, whose tokens must be the stored ones; without it the stored tokens are taken. Compared are hidden
states, queries, keys and values of blocks, and vectors of whole sequences. Prints, for every column, the largest
difference and where it is; exit 1 beyond the tolerance (default 1e-4 for float32, and for float16 half a unit in the
eleventh bit of the value besides).
"""

import argparse
import sys

import h5py
import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

PROJECTIONS = {
    "query": ("attention.self.query", "attention.q_lin"),
    "key": ("attention.self.key", "attention.k_lin"),
    "value": ("attention.self.value", "attention.v_lin"),
}


def read_lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def watch(model, columns, seen):
    """Keeps the outputs of the projections that are stored, by column."""
    blocks = model.encoder.layer if hasattr(model, "encoder") else model.transformer.layer
    for column in columns:
        parts = column.split("/")
        if parts[0] != "projections":
            continue
        modules = dict(blocks[int(parts[1])].named_modules())
        module = next(modules[name] for name in PROJECTIONS[parts[2]] if name in modules)
        module.register_forward_hook(
            lambda _, __, output, column=column: seen.__setitem__(column, output[0].numpy())
        )


def expected(column, states, seen):
    kind, *rest = column.split("/")
    if kind == "hidden":
        return states[-1 if rest[0] == "last" else int(rest[0])][0].numpy()
    if kind == "projections":
        return seen[column]
    last = states[-1][0].numpy()
    return last.mean(axis=0, keepdims=True) if rest[0] == "mean" else last[:1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("store")
    parser.add_argument("--model", required=True)
    parser.add_argument("--text")
    parser.add_argument("--group", default="/")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    parser.add_argument("--sequences", type=int)
    arguments = parser.parse_args()
    model = AutoModel.from_pretrained(arguments.model).eval()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    longest = model.config.max_position_embeddings
    with h5py.File(arguments.store, "r") as file:
        tokens, offsets = file["tokens"][()], file["offsets"][()]
        count = len(offsets) - 1
        lines = read_lines(arguments.text) if arguments.text else None
        if lines is not None and count != len(lines):
            sys.exit(f"{count} sequences stored, {len(lines)} lines")
        columns = []
        file[arguments.group].visititems(
            lambda name, item: columns.append(name)
            if isinstance(item, h5py.Dataset)
            and name.split("/")[0] in ("hidden", "projections", "pooled")
            else None
        )
        if not columns:
            sys.exit(f"{arguments.store}: no columns to compare below {arguments.group}")
        seen = {}
        watch(model, columns, seen)
        worst = {column: (-1.0, 0) for column in columns}
        fails = 0
        chosen = range(min(count, arguments.sequences or count))
        for number in chosen:
            rows = slice(offsets[number], offsets[number + 1])
            ids = tokens[rows].tolist()
            if lines is not None:
                own = tokenizer(lines[number], truncation=True, max_length=longest)["input_ids"]
                if own != ids:
                    sys.exit(f"line {number + 1}: other token ids")
            with torch.inference_mode():
                states = model(torch.tensor([ids]), output_hidden_states=True).hidden_states
            for column in columns:
                of_tokens = not column.startswith("pooled")
                stored = file[arguments.group][column][
                    rows if of_tokens else slice(number, number + 1)
                ]
                wanted = expected(column, states, seen)
                allowed = arguments.tolerance
                if stored.dtype == np.float16:
                    allowed = allowed + np.abs(wanted) * 2.0**-11
                difference = np.abs(stored.astype(np.float32) - wanted)
                fails += int((~(difference <= allowed)).any())
                worst[column] = max(worst[column], (float(difference.max()), number + 1))
        for column, (difference, line) in worst.items():
            kind = file[arguments.group][column].dtype
            print(f"{column}: {kind}, largest difference {difference:.3g} in sequence {line}")
    print(f"{len(chosen)} sequences, {offsets[len(chosen)]} tokens")
    if fails:
        sys.exit(f"{fails} sequences and columns beyond the tolerance")


main()
