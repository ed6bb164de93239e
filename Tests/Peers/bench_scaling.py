"""Time per token of Retort's fine-tuning step against sequence length, batch size and threads.

DistilBERT's size, sentences of exactly one length. Beside each point stands what arithmetic says a step
must do: the products of the model and what clipping and AdamW read and write. `retort report` divides
these by the rates that the same runs measured.
"""

import os
import random
import statistics
import sys

import bench_contests
import bench_models
import bench_record
import labelled_sentences

COMMAND = "Tests/Peers/bench --scaling"
MODEL = "DistilBERT's size (random weights, two classes)"
LENGTHS = [8, 16, 32, 64, 128, 256, 512]
BATCHES = [1, 2, 4, 8, 16, 32, 64]
# What stays where something else changes.
LENGTH, BATCH = 32, 16
WARMUP = 2
# Steps so many that a point takes about as long as any other.
TOKENS_OF_POINT, FEWEST_STEPS, MOST_STEPS = 16_384, 2, 20
# Clipping reads a gradient (4 bytes); AdamW reads weight, gradient and two moments and writes all but
# the gradient (28).
BYTES_OF_PARAMETER = 32


def run(arguments, material, machine, run_command):
    cores = min(os.cpu_count(), max(arguments.threads, machine["cores"]))
    sweeps = {
        "length": (f"batches of {BATCH}, {arguments.threads} threads",
                   [(length, (length, BATCH, arguments.threads)) for length in LENGTHS]),
        "batch": (f"{LENGTH} tokens a sentence, {arguments.threads} threads",
                  [(batch, (LENGTH, batch, arguments.threads)) for batch in BATCHES]),
        "threads": (f"batches of {BATCH} x {LENGTH} tokens",
                    [(count, (LENGTH, BATCH, count)) for count in range(1, cores + 1)]),
    }  # fmt: skip
    shapes = list(dict.fromkeys(shape for _, points in sweeps.values() for _, shape in points))
    results = {shape: [] for shape in shapes}
    for number in range(arguments.alternations):
        for place, shape in enumerate(shapes):
            length, batch, threads = shape
            print(f"bench: turn {number + 1} of {arguments.alternations}, point {place + 1} of "
                  f"{len(shapes)}: {batch} x {length}, {threads} threads",
                  file=sys.stderr, flush=True)  # fmt: skip
            results[shape].append(run_command("retort", command(material, *shape)))
        if arguments.record:
            write(arguments, machine, sweeps, results)
    for over, (fixed, points) in sweeps.items():
        for x, shape in points:
            tokens = shape[0] * shape[1]
            seconds = statistics.median(map(seconds_of_step, results[shape]))
            print(f"{over} {x} ({fixed}): {seconds / tokens * 1e6:.1f} µs a token, "
                  f"{predicted(shape, results[shape]) / tokens * 1e6:.1f} predicted")  # fmt: skip


def command(material, length, batch, threads):
    steps = min(max(TOKENS_OF_POINT // (length * batch), FEWEST_STEPS), MOST_STEPS)
    return bench_contests.retort(
        material, "step", job="fine-tuning", model=material.model("distilbert-classifier"),
        sentences=sentences_of(material, length, (WARMUP + steps) * batch), batch_size=batch,
        steps=steps, warmup=WARMUP, threads=threads,
    )  # fmt: skip


def sentences_of(material, length, count):
    """A file of sentences of words that are one token each, [CLS] and [SEP] making up the length."""
    with open(material.vocabulary(), encoding="utf-8") as file:
        words = [line.rstrip("\n") for line in file]
    words = [word for word in words if word.isascii() and word.isalpha()]
    generator = random.Random(length)
    path = os.path.join(material.folder, f"length-{length}-{count}.tsv")
    labelled_sentences.write(
        path, [(" ".join(generator.choices(words, k=length - 2)), n % 2) for n in range(count)]
    )
    return path


def work_of_step(length, batch):
    """Floating-point operations of the products of a step, and bytes of clipping and optimizer.

    Of the last block only what the first token of each sequence needs: keys and values of all tokens,
    the rest of that row alone. Backward is twice forward.
    """
    kind, model = bench_models.MODELS["distilbert-classifier"]
    hidden, inner, layers = model.dim, model.hidden_dim, model.n_layers
    tokens = length * batch
    block = 4 * hidden**2 + 2 * hidden * inner  # multiply-adds of a token
    whole = (layers - 1) * tokens * (block + 2 * length * hidden)
    keys_and_values = tokens * 2 * hidden**2
    first_rows = batch * (block - 2 * hidden**2 + 2 * length * hidden)
    classifier = batch * (hidden**2 + hidden * model.num_labels)
    flops = 3 * 2 * (whole + keys_and_values + first_rows + classifier)
    return float(flops), float(BYTES_OF_PARAMETER * parameters(model))


def parameters(model):
    """Weights of the classifier; model: a DistilBertConfig."""
    hidden, inner = model.dim, model.hidden_dim
    block = 4 * (hidden**2 + hidden) + 2 * hidden * inner + inner + hidden + 4 * hidden
    embeddings = (model.vocab_size + model.max_position_embeddings + 2) * hidden
    classifier = hidden**2 + hidden + (hidden + 1) * model.num_labels
    return embeddings + model.n_layers * block + classifier


def seconds_of_step(result):
    """The median of a run's steps."""
    return result["p50_seconds"]


def rates(results):
    """GFLOP/s and bytes a second of the machine, as the runs of one point measured them."""
    ceilings = [bench_record.ceilings(result) for result in results]
    return tuple(
        statistics.median(found[key] for found in ceilings)
        for key in ("gflops", "bytes_per_second")
    )


def predicted(shape, results):
    flops, bytes_ = work_of_step(*shape[:2])
    gflops, bytes_per_second = rates(results)
    return flops / (gflops * 1e9) + bytes_ / bytes_per_second


def write(arguments, machine, sweeps, results):
    def point(x, shape):
        flops, bytes_ = work_of_step(*shape[:2])
        gflops, bytes_per_second = rates(results[shape])
        return {
            "x": x, "tokens": shape[0] * shape[1], "flops": flops, "bytes": bytes_,
            "gflops": gflops, "bytesPerSecond": bytes_per_second,
            "seconds": [seconds_of_step(result) for result in results[shape]],
        }  # fmt: skip

    bench_record.replace(arguments.record, {
        "format": bench_record.FORMAT,
        "command": COMMAND,
        # Interrupted, a recording has as many turns as are whole.
        "alternations": min(len(found) for found in results.values()),
        "machine": machine,
        "versions": bench_record.versions(
            arguments.commit, {"scaling": {str(shape): r for shape, r in results.items()}}
        ),
        "model": MODEL,
        "sweeps": [
            {"over": over, "fixed": fixed, "points": [point(*pair) for pair in points]}
            for over, (fixed, points) in sweeps.items()
        ],
    })  # fmt: skip
