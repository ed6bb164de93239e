"""What `retort explain` foretells of a definition, and what `retort run` then takes.

Of every definition of RUNS in turn: the forecast, then the run with an empty cache of stages, by wall
time, peak resident memory and the most that its checkpoints and models took on disk at any time. A
forecast counts as kept within a quarter of what came.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import bench_record

HERE = os.path.dirname(os.path.abspath(__file__))
EXPERIMENTS = os.path.join(HERE, "../../Experiments")
COMMAND = "Tests/Peers/bench --forecast"
# Definition, and what is changed of it so that a run ends in minutes.
RUNS = [
    ("quickstart.yaml", []),
    (
        "sst2-distilbert-report.yaml",
        [
            'models.distilbert.from={random: "hub:distilbert/distilbert-base-uncased"}',
            "stages.sst2.limit={steps: 300}",
        ],
    ),
]


def run(arguments, machine):
    runs = []
    for definition, changes in RUNS:
        with tempfile.TemporaryDirectory(prefix="retort-forecast-") as folder:
            runs.append(compare(arguments, definition, changes, folder))
        print(text(runs[-1]), flush=True)
        if arguments.record:
            bench_record.write_runs(arguments, COMMAND, machine, runs)


def compare(arguments, definition, changes, folder):
    path = os.path.join(EXPERIMENTS, definition)
    options = [word for change in changes for word in ("--set", change)]
    threads = ["--threads", str(arguments.threads)]
    environment = surroundings(folder)
    say(f"{definition}: forecast")
    explained = subprocess.run(
        [arguments.retort, "explain", path, "--json", *options, *threads],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    if explained.returncode != 0:
        sys.exit(f"bench: {definition}: no forecast:\n{explained.stderr}")
    foretold = json.loads(explained.stdout)
    # Prepared data is foretold by nobody, and explain has left it there.
    shutil.rmtree(os.path.join(folder, "cache"), ignore_errors=True)
    say(f"{definition}: run, {foretold['seconds']:.0f} s foretold")
    measured = measure(
        [arguments.retort, "run", path, "--runs", os.path.join(folder, "runs"), *options, *threads],
        environment, folder,
    )  # fmt: skip
    return {
        "definition": definition,
        "changes": changes,
        "steps": sum(stage["steps"] for stage in foretold["stages"]),
        "foretold": {
            "seconds": foretold["seconds"],
            "memoryBytes": foretold["memory_bytes"],
            "diskBytes": foretold["disk_bytes"],
        },
        "measured": measured,
    }


def surroundings(folder):
    """The environment with an empty cache; what the real one holds of data and models is still found."""
    cache = os.environ.get("RETORT_CACHE") or os.path.expanduser("~/.cache/retort")
    return os.environ | {
        "RETORT_CACHE": os.path.join(folder, "cache"),
        "RETORT_MIRROR": os.environ.get("RETORT_MIRROR") or cache,
    }


def measure(command, environment, folder):
    largest, ended = [0], threading.Event()

    def watch():
        """Checkpoints come and go: a look at the folder fifty times a second sees them and costs the run little."""
        while not ended.wait(0.02):
            largest[0] = max(largest[0], size(folder))

    watcher = threading.Thread(target=watch)
    start = time.monotonic()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    ended.set()
    watcher.join()
    if status != 0:
        sys.exit(f"bench: {' '.join(command)} failed")
    return {
        "seconds": seconds,
        "memoryBytes": usage.ru_maxrss * 1024,
        "diskBytes": max(largest[0], size(folder)),
    }


def size(folder):
    """Bytes of the checkpoints and models under a folder; text and logs are small beside them."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            # Also one that is still being written.
            if ".h5" in name:
                try:
                    total += os.path.getsize(os.path.join(place, name))
                except FileNotFoundError:
                    pass
    return total


def text(run):
    parts = [
        f"{name} {run['foretold'][key]:.4g} foretold, {run['measured'][key]:.4g} came "
        f"({run['foretold'][key] / run['measured'][key] - 1:+.0%})"
        for name, key in [("seconds", "seconds"), ("memory", "memoryBytes"), ("disk", "diskBytes")]
    ]
    return f"{run['definition']} {' '.join(run['changes'])}: " + "; ".join(parts)


def say(words):
    print(f"bench: {words}", file=sys.stderr, flush=True)
