#!/usr/bin/env python3
"""Compares `retort tokenize --ids` with the pinned `tokenizers`, text by text.

  RETORT_MIRROR=... $(Tests/Peers/setup) Tests/Peers/tokenizer_parity.py RETORT [--random N] [FILE...]

RETORT is the program. Compared are all sentences of SST-2 and all lines of the corpora under
RETORT_MIRROR, N lines of random Unicode (100,000 unless said otherwise) and the lines of each FILE.
Exit 0 if every id of every text is equal; else the first differences and exit 1.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
import tokenizers
from transformers import BertTokenizerFast


def random_lines(count, vocabulary, seed=20190827):
    rng = random.Random(seed)
    words = [word.replace("##", "") for word in vocabulary.read_text("utf-8").split("\n")]
    literals = ["[MASK]", "[CLS]", "[SEP]", "[UNK]", "[PAD]", "[mask]", "[[CLS]", "[MASK", "##"]
    blocks = [(0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x590, 0x700),
              (0x900, 0xE00), (0x1AB0, 0x1B00), (0x1DC0, 0x2100), (0x3040, 0x3100),
              (0x4E00, 0xA000), (0xAC00, 0xD7A4), (0xF900, 0xFB00), (0x1D150, 0x1D200),
              (0x1F300, 0x1F700), (0x2F800, 0x2FA20)]

    def piece():
        kind = rng.random()
        if kind < 0.1:
            value = rng.randrange(0x110000)
            return "" if 0xD800 <= value < 0xE000 else chr(value)
        if kind < 0.6:
            return chr(rng.randrange(*rng.choice(blocks)))
        if kind < 0.7:
            return " "
        if kind < 0.72:
            return rng.choice(literals)
        if kind < 0.73:
            return rng.choice("aé漢\u0915") * rng.randrange(97, 104)
        return rng.choice(words)

    for _ in range(count):
        line = "".join(piece() for _ in range(rng.randrange(1, 30)))
        yield line.replace("\n", " ").replace("\r", " ")


def lines_of(path):
    lines = path.read_bytes().decode().split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("retort")
    parser.add_argument("--random", type=int, default=100_000)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    assert tokenizers.__version__ == "0.19.1", f"tokenizers 0.19.1 needed, found {tokenizers.__version__}"
    mirror = pathlib.Path(os.environ.get("RETORT_MIRROR") or sys.exit("RETORT_MIRROR is not set"))
    vocabulary = mirror / "hub/google-bert/bert-base-uncased/vocab.txt"

    texts = {}
    for name in ["train", "dev", "test"]:
        rows = lines_of(mirror / f"data/glue/SST-2/{name}.tsv")[1:]
        texts[f"SST-2 {name}"] = [row.split("\t")[name == "test"] for row in rows]
    for path in sorted((mirror / "data/corpora").glob("*.txt")) + arguments.files:
        texts[path.name] = lines_of(path)
    texts["random"] = list(random_lines(arguments.random, vocabulary))

    reference = BertTokenizerFast(
        vocab_file=str(vocabulary), do_lower_case=True,
        clean_up_tokenization_spaces=True).backend_tokenizer
    different = 0
    for name, lines in texts.items():
        # A carriage return before a line feed belongs to the line's end, not to the text.
        lines = [line[:-1] if line.endswith("\r") else line for line in lines]
        start = time.perf_counter()
        run = subprocess.run(
            [arguments.retort, "tokenize", "--vocab", str(vocabulary), "--ids"],
            input="".join(line + "\n" for line in lines).encode(), capture_output=True)
        ours_seconds = time.perf_counter() - start
        if run.returncode:
            sys.exit(f"{name}: retort tokenize failed: {run.stderr.decode()}")
        ours = run.stdout.decode().split("\n")[:-1]
        if len(ours) != len(lines):
            sys.exit(f"{name}: {len(lines)} lines in, {len(ours)} lines out")
        start = time.perf_counter()
        theirs = [reference.encode(line).ids for line in lines]
        theirs_seconds = time.perf_counter() - start
        wrong = 0
        for line, expected, found in zip(lines, theirs, ours):
            if " ".join(map(str, expected)) != found:
                wrong += 1
                if different + wrong <= 10:
                    print(f"{name}: {ascii(line[:120])}\n  expected {expected[:40]}\n  found    {found[:200]}")
        different += wrong
        print(f"{name}: {len(lines)} texts, {sum(map(len, theirs))} ids, {wrong} different; "
              f"retort {ours_seconds:.2f} s with start and output, tokenizers {theirs_seconds:.2f} s")
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
