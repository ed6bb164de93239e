"""Time of a PyTorch fine-tuning step on SST-2: what Retort is measured against.

    finetune_step_time.py --data SST-2/ --vocabulary vocab.txt [--model distilbert|minilm]
                          [--expert] [--steps 20] [--warmup 5] [--threads 2]

Random weights of the published size, dropout on, batch 16 of real sentences, padded to the longest
of the batch, gradient norm clipped at 1, AdamW with decay 0.01. Default: shuffled order and AdamW
as torch runs it on a CPU, as Hugging Face's Trainer does. --expert: batches grouped by length and
AdamW(fused=True). Run it on an idle machine.
"""

import argparse
import os
import random

import torch
from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast
from transformers import DistilBertConfig, DistilBertForSequenceClassification

from step_timing import Stopwatch, report

BATCH_SIZE = 16


def make_model(name):
    if name == "distilbert":
        return DistilBertForSequenceClassification(DistilBertConfig())
    return BertForSequenceClassification(
        BertConfig(
            hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536
        )
    )


def read_training_set(folder):
    with open(os.path.join(folder, "train.tsv"), encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    return [row[0] for row in rows], [int(row[1]) for row in rows]


def make_batches(sequences, labels, count, by_length):
    """`count` batches of examples; grouped by length as HF's group_by_length does: sorted within
    runs of 50 batches of a shuffled order."""
    order = list(range(len(sequences)))
    random.Random(42).shuffle(order)
    if by_length:
        run = 50 * BATCH_SIZE
        runs = [order[i : i + run] for i in range(0, len(order), run)]
        order = [i for r in runs for i in sorted(r, key=lambda i: -len(sequences[i]))]
    batches = [order[i : i + BATCH_SIZE] for i in range(0, len(order), BATCH_SIZE)]
    if by_length:
        random.Random(43).shuffle(batches)
    return [[(sequences[i], labels[i]) for i in batch] for batch in batches[:count]]


def collate(batch):
    rows = [torch.tensor(ids) for ids, _ in batch]
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    lengths = torch.tensor([len(row) for row in rows])
    mask = (torch.arange(padded.shape[1])[None] < lengths[:, None]).long()
    return dict(
        input_ids=padded, attention_mask=mask, labels=torch.tensor([label for _, label in batch])
    )


def make_optimizer(model, fused):
    def exempt(name):
        return name.endswith("bias") or "norm" in name.lower()

    named = list(model.named_parameters())
    groups = [
        dict(params=[p for n, p in named if not exempt(n)], weight_decay=0.01),
        dict(params=[p for n, p in named if exempt(n)], weight_decay=0.0),
    ]
    return torch.optim.AdamW(groups, lr=2e-5, fused=fused or None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--vocabulary", required=True)
    parser.add_argument("--model", choices=["distilbert", "minilm"], default="distilbert")
    parser.add_argument("--expert", action="store_true")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--warmup", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(42)

    tokenizer = BertTokenizerFast(arguments.vocabulary, do_lower_case=True)
    sentences, labels = read_training_set(arguments.data)
    sequences = tokenizer(sentences, truncation=True, max_length=512)["input_ids"]
    count = arguments.warmup + arguments.steps
    model = make_model(arguments.model).train()
    optimizer = make_optimizer(model, arguments.expert)
    stopwatch, real, padded = Stopwatch(), [], 0

    def update():
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    for batch in make_batches(sequences, labels, count, arguments.expert):
        inputs = collate(batch)
        real.append(int(inputs["attention_mask"].sum()))
        padded += inputs["input_ids"].numel()
        loss = stopwatch.measure("forward", lambda: model(**inputs).loss)
        stopwatch.measure("backward", loss.backward)
        stopwatch.measure("clip_and_optimizer", update)

    report(
        stopwatch, arguments.warmup, real, what="fine-tuning step", model=arguments.model,
        settings="expert" if arguments.expert else "default", batch_size=BATCH_SIZE,
        padded_over_real=padded / sum(real),
    )  # fmt: skip


main()
