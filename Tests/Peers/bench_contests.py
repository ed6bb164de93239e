"""Who runs against whom, on what: groups of commands that take turns on the same input.

Each command prints one JSON object (timing.py); what it must agree on with the others is in it.
"""

import json
import os
import subprocess
import time
from dataclasses import dataclass, field
from functools import partial
from statistics import median
from typing import Callable

import bench_setup

HERE = os.path.dirname(os.path.abspath(__file__))

FINETUNING = dict(batch_size=16, warmup=3, steps=25)
# Sequences, tokens of each, warm-up steps and measured steps.
DISTILLATIONS = {"8x128": (8, 128, 1, 3), "5x512": (5, 512, 1, 2)}
# Of SST-2, [CLS] and [SEP] left out, with a margin: the mean is 11.3.
TOKENS_OF_SENTENCE = 8
# Losses beside PyTorch's statements of them: time_losses.py says what they are.
LAST_COSINE = "{ hidden: { name: last, weight: 1.0, compare: cosine, states: last, positions: all, average: tokens } }"
LOSSES = {
    "hidden": f"[{LAST_COSINE}, {{ hidden: {{ weight: 1.0, compare: mse, states: uniform, "
    "over_pairs: sum, positions: all, average: tokens } }]",
    "relations": f"[{LAST_COSINE}, {{ relations: {{ weight: 1.0, of: [q-q, k-k, v-v], heads: 48, "
    "blocks: last, average: sequences } }]",
}
# Their rows of term_rows.yaml.
METHODS = {
    "hidden": "Hidden states, MSE, four pairs",
    "relations": "Relations of MiniLMv2, 48 heads",
}
LOSS_STEPS = dict(batch_size=8, length=128, warmup=2, steps=8)
COST_TURNS = dict(alternations=7, warmup=1, steps=4)
INFERENCE = dict(batch_size=32, warmup=3)
SINGLE_WARMUP = 20
TOKENIZER_REPETITIONS = 3


@dataclass
class Contest:
    """Contestants by name, in the order in which they run, round after round."""

    name: str
    # Seconds a round took on two idle cores: for the forecast, and only until one was measured.
    seconds: float
    # Material, threads -> name to command; a command is what subprocess.run takes, or a callable
    # that returns the JSON object itself. May raise bench_material.Missing.
    contestants: Callable
    # Contestants whose results are others by definition, and so are not compared.
    unchecked: frozenset = field(default_factory=frozenset)


def python(environment, script, **options):
    return [bench_setup.python(environment), os.path.join(HERE, script), *flags(options)]


def retort(material, verb, **options):
    return [material.retort, "bench", verb, *flags(options), "--json"]


def flags(options):
    """batch_size=16 as --batch-size 16."""
    return [
        text
        for name, value in options.items()
        for text in (f"--{name.replace('_', '-')}", str(value))
    ]


def finetuning(model, state, material, threads):
    folder = material.model(f"{model}-classifier")
    common = dict(model=folder, state=state, threads=threads, **FINETUNING)
    shuffled = material.training_file(**FINETUNING)
    grouped = material.training_file(**FINETUNING, by_length=True)
    script = "time_finetuning.py"
    return {
        "default": python("peers", script, settings="default", sentences=shuffled, **common),
        "retort": retort(material, "step", job="fine-tuning", sentences=shuffled, **common),
        "expert": python("peers", script, settings="expert", sentences=grouped, **common),
    }


def distillation(shape, with_store, material, threads):
    batch_size, length, warmup, steps = DISTILLATIONS[shape]
    common = dict(
        model=material.model("distilbert-masked-lm"), teacher=material.model("bert-base-masked-lm"),
        sentences=material.text_file((warmup + steps) * batch_size * length // TOKENS_OF_SENTENCE),
        batch_size=batch_size, length=length, warmup=warmup, steps=steps, threads=threads,
    )  # fmt: skip
    step = partial(retort, material, "step", job="distillation", **common)
    script = "time_distillation.py"
    contestants = {
        "default": python("peers", script, settings="default", **common),
        "live": step(targets="live"),
        "expert": python("peers", script, settings="expert", **common),
    }
    if with_store:
        contestants |= {"exact": step(targets="exact"), "top-k": step(targets="top-k")}
    return contestants


def losses(loss, material, threads):
    common = dict(
        model=material.model("minilm-l3-encoder"), teacher=material.model("minilm-encoder"),
        sentences=material.text_file(
            (LOSS_STEPS["warmup"] + LOSS_STEPS["steps"]) * 8 * 128 // TOKENS_OF_SENTENCE
        ),
        threads=threads, **LOSS_STEPS,
    )  # fmt: skip
    script = "time_losses.py"
    return {
        "default": python("peers", script, loss=loss, settings="default", **common),
        "retort": retort(material, "step", job="distillation", loss=LOSSES[loss], **common),
        "expert": python("peers", script, loss=loss, settings="expert", **common),
    }


def method_cost(loss, material, threads):
    rows = os.path.join(HERE, "term_rows.yaml")
    options = dict(only=METHODS[loss], threads=threads, **COST_TURNS)
    command = [material.retort, "bench", "terms", rows, *flags(options), "--json"]
    return {"retort": partial(time_with_method, command)}


def time_with_method(command):
    """A step with a method over one without it: the median of turns in one process."""
    result = subprocess.run(command, capture_output=True, check=True)
    record = json.loads(result.stdout)
    method = record["methods"][0]
    ratios = [longer / step for step, longer in zip(method["without"], method["with"])]
    return {"time_with_method": median(ratios), "versions": record["versions"]}


def inference(material, threads):
    common = dict(
        model=material.model("distilbert-classifier"), sentences=material.validation_file(),
        threads=threads, **INFERENCE,
    )  # fmt: skip
    script = "time_inference.py"
    return {
        "file-order": python("peers", script, order="file", settings="default", **common),
        "retort": retort(material, "infer", order="file", **common),
        "sorted": python("peers", script, order="length", settings="expert", **common),
    }


def single_sentences(material, threads):
    name = "distilbert-classifier"
    common = dict(
        model=material.model(name), sentences=material.validation_file(), warmup=SINGLE_WARMUP,
        threads=threads,
    )  # fmt: skip
    graph = material.graph(name)
    return {
        "onnxruntime": python("onnxruntime", "time_onnxruntime.py", graph=graph, **common),
        "retort": retort(material, "infer", batch_size=1, **common),
    }


def tokenization(count, material, threads):
    if count > threads:
        raise bench_setup.Missing(f"needs {count} threads, --threads is {threads}")
    common = dict(
        vocab=material.vocabulary(), sentences=material.whole_training_file(), threads=count,
        repetitions=TOKENIZER_REPETITIONS,
    )  # fmt: skip
    return {
        "tokenizers": python("peers", "time_tokenizers.py", **common),
        "retort": retort(material, "tokenize", **common),
    }


def prediction_start(material, threads):
    checkpoint = material.checkpoint("distilbert-classifier")
    command = [material.retort, "predict", "--model", checkpoint]
    first_answer(command)  # brings the weights into the page cache
    return {"retort": partial(first_answer, command)}


def first_answer(command):
    """Seconds from starting the program to its first line of output; standard input stays open."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.stdin.write(b"an unexpectedly moving film\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    elapsed = time.perf_counter() - start
    _, errors = process.communicate()
    if process.returncode != 0 or not answer:
        raise subprocess.CalledProcessError(process.returncode, command, answer, errors)
    return {"first_answer_seconds": elapsed}


CONTESTS = [
    Contest("fine-tuning-distilbert-fresh", 60, partial(finetuning, "distilbert", "fresh")),
    Contest("fine-tuning-minilm-fresh", 35, partial(finetuning, "minilm", "fresh")),
    Contest(
        "distillation-8x128", 110, partial(distillation, "8x128", True),
        unchecked=frozenset(["top-k"]),  # another loss
    ),
    Contest("inference", 50, inference),
    Contest("single-sentences", 35, single_sentences),
    Contest("tokenization-1", 12, partial(tokenization, 1)),
    Contest("tokenization-2", 10, partial(tokenization, 2)),
    Contest("prediction-start", 1, prediction_start),
    Contest("losses-hidden", 40, partial(losses, "hidden")),
    Contest("losses-relations", 45, partial(losses, "relations")),
    Contest("cost-hidden", 30, partial(method_cost, "hidden")),
    Contest("cost-relations", 30, partial(method_cost, "relations")),
    # The longest last: a record that was interrupted lacks the least.
    Contest("fine-tuning-distilbert-late", 65, partial(finetuning, "distilbert", "late")),
    Contest("distillation-5x512", 150, partial(distillation, "5x512", False)),
]  # fmt: skip
