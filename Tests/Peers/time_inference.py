"""Time of PyTorch's inference with a sequence classifier over a file of sentences.

    time_inference.py --model FOLDER --sentences FILE [--order file|length] [--batch-size 32]
                      [--settings default|expert] [--warmup 3] [--threads 2]

FILE: "sentence<TAB>label" lines. Batches are padded to their longest sentence: of consecutive lines,
or of sentences sorted by length, longest first. All sentences are measured; the warm-up runs the
first batches once before. check_logits: of the first eight sentences of the file.
"""

import argparse
import os

import torch
from transformers import AutoModelForSequenceClassification

import labelled_sentences
import peer_settings
from padding import padded
from timing import Timing, torch_versions

CHECKED = 8


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True)
    parser.add_argument("--sentences", required=True)
    parser.add_argument("--order", choices=["file", "length"], default="file")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--settings", choices=peer_settings.SETTINGS, default="default")
    parser.add_argument("--warmup", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    peer_settings.prepare(arguments.settings, arguments.threads)

    sentences, _ = labelled_sentences.read(arguments.sentences)
    sequences = labelled_sentences.token_ids(sentences, os.path.join(arguments.model, "vocab.txt"))
    model = peer_settings.load(AutoModelForSequenceClassification, arguments.model).eval()
    order = list(range(len(sequences)))
    if arguments.order == "length":
        order.sort(key=lambda index: -len(sequences[index]))
    batches = labelled_sentences.batches(order, arguments.batch_size)
    timing, logits, padded_tokens = Timing(arguments.warmup), {}, 0

    def step(batch):
        inputs = padded([sequences[index] for index in batch])
        logits.update(zip(batch, model(**inputs).logits.tolist()))
        return inputs["input_ids"].numel()

    with torch.inference_mode():
        for batch in batches[: arguments.warmup] + batches:
            tokens = sum(len(sequences[index]) for index in batch)
            numel = timing.step(lambda: step(batch), len(batch), tokens)
            padded_tokens += numel if timing.is_measuring else 0

    timing.report(
        job="inference", settings=arguments.settings, order=arguments.order,
        model=arguments.model, weights="folder", threads=torch.get_num_threads(),
        batch_size=arguments.batch_size, padded_over_real=padded_tokens / timing.tokens,
        check_logits=[logits[index] for index in range(min(CHECKED, len(sequences)))],
        versions=torch_versions(),
    )  # fmt: skip


main()
