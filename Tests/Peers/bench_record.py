"""The record of a comparison: what `retort report` draws Results/performance.md from; and its table."""

import json
import os
import platform
import subprocess
from statistics import median

from bench_measures import MEASURES
from timing import processor

HERE = os.path.dirname(os.path.abspath(__file__))
FORMAT = 1
COMMAND = "Tests/Peers/bench"
# Of Retort's JSON: where the time of a fine-tuning step goes.
PROFILED = "fine-tuning-distilbert-fresh"


def machine():
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = next(int(line.split()[1]) for line in file if line.startswith("MemTotal"))
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memoryBytes": memory * 1024,
        "system": f"{platform.system()} {platform.release()}",
        "loadBefore": os.getloadavg()[0],
    }


def write(arguments, machine, rows, runs):
    """Replaces the file whole; rows and runs may be of a recording that still goes on."""
    record = {
        "format": FORMAT,
        "command": COMMAND + (" --losses" if arguments.losses else ""),
        "alternations": arguments.alternations,
        "threads": arguments.threads,
        "machine": machine,
        "versions": versions(arguments.commit, runs),
        "peers": peers(),
        "rows": [entry(row) for row in rows],
        "profile": profile(runs.get(PROFILED, {}).get("retort", [])),
    }
    replace(arguments.record, record)


def replace(path, record):
    os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
    with open(path + ".partial", "w", encoding="utf-8") as file:
        json.dump({k: v for k, v in record.items() if v is not None}, file, indent=1)
        file.write("\n")
    os.replace(path + ".partial", path)


def write_runs(arguments, command, machine, runs):
    """Replaces a record of runs of this program alone."""
    replace(arguments.record, {
        "format": FORMAT,
        "command": command,
        "threads": arguments.threads,
        "machine": machine,
        "versions": versions(arguments.commit, {}),
        "runs": runs,
    })  # fmt: skip


def entry(row):
    measure = MEASURES[row["measure"]]
    result = {
        "id": row["id"], "job": row["job"], "against": row["against"],
        "value": measure.value, "unit": measure.unit,
        "atLeast": row.get("at_least"), "atMost": row.get("at_most"), "hoped": row.get("hoped"),
        "pairs": [{k: v for k, v in pair.items() if v is not None} for pair in row["pairs"]],
        "checked": row.get("checked"), "notRun": row["not_run"],
    }  # fmt: skip
    return {key: value for key, value in result.items() if value is not None}


def peers():
    """What each peer was run with, and what was tried and is not faster."""
    with open(os.path.join(HERE, "bench_peers.json"), encoding="utf-8") as file:
        return json.load(file)


def versions(commit, runs):
    """Name to version, of everything that took part."""
    found = {"commit": commit}
    for contest in runs.values():
        for results in contest.values():
            for result in results[:1]:
                found |= result.get("versions", {})
    return {name: str(version) for name, version in sorted(found.items())}


def revision(retort):
    """The commit of the source around the program, with a plus if it was changed since."""

    def git(*command):
        result = subprocess.run(
            ["git", "-C", os.path.dirname(retort), *command], capture_output=True, text=True
        )
        return result.stdout.strip() if result.returncode == 0 else None

    commit = git("rev-parse", "--short=10", "HEAD")
    changed = git("status", "--porcelain", "--untracked-files=no", ":/Sources", ":/Package.swift")
    return commit + ("+" if changed else "") if commit else "unknown"


def ceilings(result):
    """GFLOP/s and bytes a second of the machine, as a run of Retort measured them."""
    return result["ceilings"]


def profile(runs):
    """Of the run whose step is the median one: rates and the time of each operation."""
    runs = [run for run in runs if "operations" in run]
    if not runs:
        return None
    run = sorted(runs, key=lambda run: run["seconds_per_thousand_sentences"])[len(runs) // 2]
    operations = [
        {key: operation[key] for key in ("name", "phase", "calls", "seconds", "flops", "bytes")}
        for operation in run["operations"]
    ]
    return {
        "steps": run["steps"],
        "stepSeconds": sum(run["seconds"]) / len(run["seconds"]),
        "tokensOfStep": run["tokens"] / run["steps"],
        "productGflops": run["product_gflops"],
        "productSecondsOfStep": run["product_seconds_per_step"],
        "ceilingGflops": ceilings(run)["gflops"],
        "ceilingBytesPerSecond": ceilings(run)["bytes_per_second"],
        "operations": operations,
    }


def table(rows):
    """The rows for a terminal."""
    lines = [("job", "against", "wanted", "hoped", "measured", "peer", "Retort")]
    for row in rows:
        measure, wanted = MEASURES[row["measure"]], ""
        if row.get("at_least") is not None:
            wanted = f"≥ {row['at_least']:g}"
        if row.get("at_most") is not None:
            wanted = f"≤ {row['at_most']:g}"
        hoped = f"{row['hoped']:g}" if row.get("hoped") is not None else ""
        start = (row["job"], row["against"], wanted, hoped)
        if row["not_run"]:
            lines.append(start + (f"not run: {row['not_run']}", "", ""))
            continue
        middle, low, high = measure.summary(row["pairs"])
        missed = (row.get("at_least") is not None and middle < row["at_least"]) or (
            row.get("at_most") is not None and middle > row["at_most"]
        )
        figures = [
            figure(measure, [pair[side] for pair in row["pairs"] if pair[side] is not None])
            for side in ("peer", "retort")
        ]
        value = f"{middle:.2f} ({low:.2f}-{high:.2f}){' missed' if missed else ''}"
        lines.append(start + (value, *figures))
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths + [24, 12, 12])).rstrip()
        for line in lines
    )


def figure(measure, values):
    """The median of one side's figures, with its unit."""
    if not values:
        return "-"
    middle = median(values)
    if measure.unit == "bytes":
        return f"{middle / 2**20:.0f} MiB"
    if measure.key == "p50_seconds":
        return f"{middle * 1000:.2f} ms"
    return f"{middle:.3f}" + (" s" if measure.unit else "")
