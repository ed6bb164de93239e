#!/usr/bin/env python3
"""Compares `retort tokenize --ids` with the pinned `tokenizers`, text by text.

  RETORT_MIRROR=... $(Tests/Peers/setup) Tests/Peers/tokenizer_parity.py RETORT \\
      [--generated N] [--share N] [--malformed N] [FILE...]

RETORT is the program. Two vocabularies: bert-base-uncased's, of the mirror, and a cased one of 28,996
entries, trained here by the library on the mirror's corpora. Each lies in a folder with a
tokenizer_config.json, which both sides read for themselves. Compared are

- under each vocabulary's own settings: all of SST-2, all lines of the corpora under RETORT_MIRROR and
  of each FILE, and N made-up texts (`--generated`; 1,000,000, a quarter of them for the cased one);
- under each of the 12 combinations of do_lower_case, strip_accents and tokenize_chinese_chars with
  each vocabulary: N made-up texts of their own (`--share`; 50,000);
- N byte strings that are not UTF-8 (`--malformed`; 200,000), with `--invalid-utf8 replace` against
  Python's `bytes.decode("utf-8", "replace")`.

Exit 0 if every id of every text is equal; else the first differences and exit 1.
"""

import argparse
import itertools
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")
import tokenizers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import BertTokenizerFast

import tokenizer_texts

SEED = 20190827
COMBINATIONS = list(itertools.product([True, False], [None, True, False], [True, False]))
PIECE = 50_000


def words_of(vocabulary):
    words = (word.replace("##", "") for word in vocabulary.read_text("utf-8").split("\n"))
    return [word for word in words if word]


def train_cased(path, corpora):
    """A cased vocabulary of the published size, with the marks and scripts of made-up texts too."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    lines = [line for corpus in corpora for line in lines_of(corpus)]
    words = sorted({word for line in lines[:2000] for word in line.split()})
    made_up = tokenizer_texts.texts(len(lines) // 4, words, SEED)
    tokenizer.train_from_iterator(
        itertools.chain(lines, made_up),
        trainers.WordPieceTrainer(
            vocab_size=28_996,
            limit_alphabet=6000,
            special_tokens=tokenizer_texts.SPECIALS,
            show_progress=False,
        ),
    )
    vocabulary = tokenizer.get_vocab()
    path.write_text("".join(t + "\n" for t in sorted(vocabulary, key=vocabulary.get)), "utf-8")


def lines_of(path):
    lines = path.read_bytes().decode().split("\n")
    return lines[:-1] if lines[-1] == "" else lines


class Comparison:
    """One vocabulary under one setting, in both programs."""

    different = texts = ids = 0

    def __init__(self, retort, folder, vocabulary, setting):
        lowercase, strip_accents, split_cjk = setting
        folder.mkdir()
        (folder / "vocab.txt").symlink_to(vocabulary)
        (folder / "tokenizer_config.json").write_text(
            json.dumps(
                {
                    "do_lower_case": lowercase,
                    "strip_accents": strip_accents,
                    "tokenize_chinese_chars": split_cjk,
                    "tokenizer_class": "BertTokenizer",
                    "clean_up_tokenization_spaces": True,
                }
            )
        )
        self.retort, self.folder = retort, folder
        self.reference = BertTokenizerFast.from_pretrained(str(folder)).backend_tokenizer
        self.decimal = [str(id) for id in range(self.reference.get_vocab_size())]

    def run(self, name, lines, *options):
        """`lines`: texts, or byte strings for `options` to deal with."""
        (texts, ids, wrong), seconds = (0, 0, 0), [0.0, 0.0]
        lines = iter(lines)
        while piece := list(itertools.islice(lines, PIECE)):
            start = time.perf_counter()
            ours = self.ours(name, piece, options)
            seconds[0] += time.perf_counter() - start
            decoded = [
                line.decode("utf-8", "replace") if isinstance(line, bytes) else line
                for line in piece
            ]
            start = time.perf_counter()
            theirs = [encoding.ids for encoding in self.reference.encode_batch(decoded)]
            seconds[1] += time.perf_counter() - start
            for line, expected, found in zip(piece, theirs, ours):
                if " ".join([self.decimal[id] for id in expected]) != found:
                    wrong += 1
                    if Comparison.different + wrong <= 10:
                        print(
                            f"{name}: {ascii(line[:200])}\n  expected {expected[:40]}\n"
                            f"  found    {found[:200]}"
                        )
                ids += len(expected)
            texts += len(piece)
        Comparison.texts += texts
        Comparison.ids += ids
        Comparison.different += wrong
        print(
            f"{name}: {texts} texts, {ids} ids, {wrong} different; retort {seconds[0]:.2f} s "
            f"with start and output, tokenizers {seconds[1]:.2f} s",
            flush=True,
        )

    def ours(self, name, lines, options):
        data = b"".join(
            (line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines
        )
        run = subprocess.run(
            [self.retort, "tokenize", "--vocab", str(self.folder), "--ids", *options],
            input=data,
            capture_output=True,
        )
        if run.returncode:
            sys.exit(f"{name}: retort tokenize failed: {run.stderr.decode()}")
        found = run.stdout.decode().split("\n")[:-1]
        if len(found) != len(lines):
            sys.exit(f"{name}: {len(lines)} lines in, {len(found)} lines out")
        return found


def given_texts(mirror, files):
    for name in ["train", "dev", "test"]:
        rows = lines_of(mirror / f"data/glue/SST-2/{name}.tsv")[1:]
        yield f"SST-2 {name}", [row.split("\t")[name == "test"] for row in rows]
    for path in sorted((mirror / "data/corpora").glob("*.txt")) + files:
        yield path.name, lines_of(path)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("retort")
    parser.add_argument("--generated", type=int, default=1_000_000)
    parser.add_argument("--share", type=int, default=50_000)
    parser.add_argument("--malformed", type=int, default=200_000)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    assert (
        tokenizers.__version__ == "0.19.1"
    ), f"tokenizers 0.19.1 needed, found {tokenizers.__version__}"
    mirror = pathlib.Path(os.environ.get("RETORT_MIRROR") or sys.exit("RETORT_MIRROR is not set"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        cased = folder / "cased.txt"
        train_cased(cased, sorted((mirror / "data/corpora").glob("*.txt")))
        vocabularies = {
            "uncased": (mirror / "hub/google-bert/bert-base-uncased/vocab.txt").resolve(),
            "cased": cased,
        }
        for kind, vocabulary in vocabularies.items():
            words = words_of(vocabulary)
            own = Comparison(
                arguments.retort, folder / kind, vocabulary, (kind == "uncased", None, True)
            )
            for name, lines in given_texts(mirror, arguments.files):
                own.run(f"{kind}, {name}", lines)
            count = arguments.generated if kind == "uncased" else arguments.generated // 4
            own.run(f"{kind}, made up", tokenizer_texts.texts(count, words, f"{SEED} {kind}"))
            own.run(
                f"{kind}, malformed",
                tokenizer_texts.malformed(arguments.malformed // 2, words, f"{SEED} {kind}"),
                "--invalid-utf8",
                "replace",
            )
            for number, setting in enumerate(COMBINATIONS):
                named = "lower_case={} strip_accents={} chinese_chars={}".format(*setting)
                Comparison(arguments.retort, folder / f"{kind} {number}", vocabulary, setting).run(
                    f"{kind}, {named}",
                    tokenizer_texts.texts(arguments.share, words, f"{SEED} {kind} {number}"),
                )
    print(f"all: {Comparison.texts} texts, {Comparison.ids} ids, {Comparison.different} different")
    sys.exit(1 if Comparison.different else 0)


if __name__ == "__main__":
    main()
