"""Compares Retort's logits with those of transformers on a folder that transformers can load.

    compare_logits.py --model FOLDER --sentences dev.tsv --retort .build/release/retort
    compare_logits.py --model FOLDER --sentences dev.tsv --logits predictions.jsonl
    ... --predict-model CHECKPOINT.h5   the model Retort predicts with, if not FOLDER
    ... --pairs sentence1 sentence2     pairs of these two columns of the GLUE TSV

FOLDER: config.json, model.safetensors, vocab.txt of a sequence classifier; loading it must leave no
tensor missing or unused. Sentences: a GLUE TSV with a `sentence` column, or one sentence a line.
Logits: what `retort predict --json` prints, one JSON object with "logits" a line. Exit 1 beyond the
tolerance.
"""

import argparse
import json
import subprocess
import sys

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer


def read_sentences(path, pairs):
    """Texts; of pairs tuples of two."""
    with open(path, encoding="utf-8", newline="\n") as file:
        lines = file.read().split("\n")
    if lines[-1] == "":
        lines.pop()
    header = lines[0].split("\t")
    if pairs:
        columns = [header.index(name) for name in pairs]
        return [tuple(line.split("\t")[column] for column in columns) for line in lines[1:]]
    if "sentence" not in header:
        return lines
    column = header.index("sentence")
    return [line.split("\t")[column] for line in lines[1:]]


def load(folder):
    model, info = AutoModelForSequenceClassification.from_pretrained(
        folder, output_loading_info=True
    )
    problems = {key: value for key, value in info.items() if value}
    if problems:
        sys.exit(f"{folder} does not load cleanly in transformers: {problems}")
    return model.eval()


def reference_logits(folder, sentences, batch_size=32):
    """float32 [N, K], padded and masked batches, truncated at the model's positions."""
    model, tokenizer = load(folder), AutoTokenizer.from_pretrained(folder)
    longest = model.config.max_position_embeddings
    logits = []
    with torch.inference_mode():
        for start in range(0, len(sentences), batch_size):
            some = sentences[start : start + batch_size]
            # Pairs are passed as two lists.
            texts = zip(*some) if isinstance(some[0], tuple) else [some]
            batch = tokenizer(
                *map(list, texts),
                padding=True, truncation=True, max_length=longest, return_tensors="pt",
            )  # fmt: skip
            logits.append(model(**batch).logits)
    return torch.cat(logits)


def predicted_logits(arguments, sentences):
    """float32 [N, K] from Retort."""
    if arguments.logits:
        with open(arguments.logits, encoding="utf-8") as file:
            text = file.read()
    else:
        model = arguments.predict_model or arguments.model
        text = subprocess.run(
            [arguments.retort, "predict", "--model", model, "--json"]
            + (["--pairs"] if arguments.pairs else []),
            input="".join(("\t".join(s) if arguments.pairs else s) + "\n" for s in sentences),
            stdout=subprocess.PIPE, check=True, text=True,
            encoding="utf-8",
        ).stdout  # fmt: skip
    return torch.tensor([json.loads(line)["logits"] for line in text.splitlines() if line.strip()])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--sentences", required=True)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--retort")
    source.add_argument("--logits")
    parser.add_argument("--predict-model")
    parser.add_argument("--pairs", nargs=2, metavar="COLUMN")
    parser.add_argument("--tolerance", type=float, default=1e-4)
    arguments = parser.parse_args()

    sentences = read_sentences(arguments.sentences, arguments.pairs)
    predicted = predicted_logits(arguments, sentences)
    reference = reference_logits(arguments.model, sentences)
    if predicted.shape != reference.shape:
        sys.exit(f"expected logits {list(reference.shape)}, found {list(predicted.shape)}")
    difference = (predicted - reference).abs().max(dim=1).values
    worst = int(difference.argmax())
    same = (predicted.argmax(1) == reference.argmax(1)).sum()
    print(f"{len(sentences)} sentences, logits between {reference.min():.4f} and"
          f" {reference.max():.4f}, same label in {same}")  # fmt: skip
    print(f"largest difference {difference[worst]:.3e} at sentence {worst + 1}"
          f" (tolerance {arguments.tolerance:.0e})")  # fmt: skip
    if not difference[worst] <= arguments.tolerance:  # also when it is not a number
        sys.exit("logits differ")


main()
