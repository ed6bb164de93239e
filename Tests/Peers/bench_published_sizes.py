"""Time and memory of distillations at published size, on random weights.

Of every definition of RUNS its distillation, in the batches and lengths that it states, of each step the first
micro-batch alone: STEPS of them by `retort run`. Speed does not depend on the weights.
"""

import json
import os
import subprocess
import sys
import tempfile

import bench_forecast
import bench_record

EXPERIMENTS = os.path.join(bench_forecast.EXPERIMENTS, "methods")
COMMAND = "Tests/Peers/bench --published-sizes"
STEPS = 5
# Definition, the stage that is timed, and its student.
RUNS = [("tinybert-4-312", "general", "tiny"), ("minilmv2", "distil", "student")]
TEACHER = 'models.bert.from={random: "hub:google-bert/bert-base-uncased"}'


def run(arguments, machine):
    runs = []
    for definition, stage, student in RUNS:
        with tempfile.TemporaryDirectory(prefix="retort-methods-") as folder:
            runs.append(measure(arguments, definition, stage, student, folder))
        print(text(runs[-1]), flush=True)
        if arguments.record:
            bench_record.write_runs(arguments, COMMAND, machine, runs)


def measure(arguments, definition, stage, student, folder):
    # Film reviews are longer than a sequence, so that sequences are as long as they may be.
    changes = [
        TEACHER,
        f"stages.{stage}.corpus=[movie_reviews]",
        f"stages.{stage}.batching.accumulate=1",
        f"stages.{stage}.limit={{steps: {STEPS}}}",
        "baselines=[]",
    ]
    command = [
        arguments.retort, "run", os.path.join(EXPERIMENTS, f"{definition}.yaml"), "--stage", stage,
        "--runs", folder, "--threads", str(arguments.threads),
        *(word for change in changes for word in ("--set", change)),
    ]  # fmt: skip
    print(f"bench: {definition}, stage {stage}", file=sys.stderr, flush=True)
    process = subprocess.Popen(
        command, env=bench_forecast.surroundings(folder), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"bench: {definition}: {errors}")
    with open(os.path.join(folder, definition, "record.json"), encoding="utf-8") as file:
        record = json.load(file)
    found = next(each for each in record["stages"] if each["id"] == stage)
    sizes = {model["name"]: model["architecture"] for model in record["weights"]}
    with open(os.path.join(folder, definition, "metrics.jsonl"), encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    losses = [line["values"]["loss"] for line in lines if line["event"] == "step"]
    return {
        "definition": definition,
        "stage": stage,
        "changes": changes,
        "teacher": sizes["bert"],
        "student": sizes[student],
        "steps": found["steps"],
        "sequences": found["sequences"],
        "tokens": found["tokens"],
        "seconds": record["measured"]["stages"][stage]["wallSeconds"],
        "memoryBytes": usage.ru_maxrss * 1024,
        "firstLoss": losses[0],
        "lastLoss": losses[-1],
    }


def text(run):
    return (
        f"{run['definition']}, {run['stage']}: {run['seconds'] / run['steps']:.2f} s a step of "
        f"{run['tokens'] / run['steps']:.0f} tokens, {run['memoryBytes'] / 2**20:.0f} MiB"
    )
