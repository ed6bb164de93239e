"""Whether an exported student answers in transformers as in Retort.

    compare_answers.py --model FOLDER --table ANSWERS.jsonl --text review --logits LOGITS.jsonl

FOLDER: what `retort export` wrote; loading it must leave no tensor missing or unused.
ANSWERS.jsonl: what `retort predict --input` wrote: rows with prediction and probability_CLASS. LOGITS.jsonl: what `retort predict --json` prints for the same texts, a line each.
Exit 1 where a class differs, or a logit or probability by more than the tolerance.
"""

import argparse
import json
import sys

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer


def logits_of(folder, texts, batch_size=32):
    """([N, K] float32, names of the classes)."""
    model, info = AutoModelForSequenceClassification.from_pretrained(
        folder, output_loading_info=True
    )
    problems = {key: value for key, value in info.items() if value}
    if problems:
        sys.exit(f"{folder} does not load cleanly in transformers: {problems}")
    tokenizer = AutoTokenizer.from_pretrained(folder, clean_up_tokenization_spaces=True)
    longest = model.config.max_position_embeddings
    parts = []
    with torch.inference_mode():
        for start in range(0, len(texts), batch_size):
            batch = tokenizer(
                texts[start : start + batch_size],
                padding=True, truncation=True, max_length=longest, return_tensors="pt",
            )  # fmt: skip
            parts.append(model.eval()(**batch).logits)
    return torch.cat(parts), [model.config.id2label[k] for k in range(model.config.num_labels)]


def read_lines(path):
    with open(path, encoding="utf-8", newline="\n") as file:
        return [json.loads(line) for line in file]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ["model", "table", "text", "logits"]:
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--tolerance", type=float, default=1e-5)
    arguments = parser.parse_args()

    rows, lines = read_lines(arguments.table), read_lines(arguments.logits)
    expected, classes = logits_of(arguments.model, [row[arguments.text] for row in rows])
    if len(lines) != len(rows):
        sys.exit(f"{len(rows)} rows and {len(lines)} lines of logits")
    logits = torch.tensor([line["logits"] for line in lines])
    probabilities = torch.tensor(
        [[float(row[f"probability_{name}"]) for name in classes] for row in rows]
    )
    answers = [classes[k] for k in expected.argmax(1)]
    wrong = [k for k, row in enumerate(rows) if row["prediction"] != answers[k]]
    wrong += [k for k, line in enumerate(lines) if line["label"] != answers[k]]
    differences = {
        "logits": (logits - expected).abs().max().item(),
        "probabilities": (probabilities - expected.softmax(1)).abs().max().item(),
    }
    counts = ", ".join(f"{answers.count(name)} {name}" for name in classes)
    print(f"{len(rows)} texts: {counts}; largest differences: {differences}")
    if wrong:
        sys.exit(f"row {wrong[0] + 1}: the classes differ, and in {len(wrong) - 1} more")
    if not max(differences.values()) <= arguments.tolerance:  # also when one is not a number
        sys.exit("the answers differ")


main()
