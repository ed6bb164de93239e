"""Runs the peers and Retort alternately and prints how they compare.

    Tests/Peers/bench [--only ROW]... [--alternations 5] [--threads 2] [--record FILE]
                      [--retort .build/release/retort] [--list]
    Tests/Peers/bench --scaling [--record FILE]
    Tests/Peers/bench --forecast [--record FILE]
    Tests/Peers/bench --losses [--only ROW]... [--alternations 5] [--record FILE]
    Tests/Peers/bench --published-sizes [--record FILE]

Every row of bench_rows.json, with --losses of bench_losses.json, or those named: what is timed, against whom, and the ratio wanted. The
sides of a contest take turns, process by process, so that a machine that gets slower does so for both;
each round gives one ratio, and the table shows their median and range. What all sides must agree on
(the loss of the first batch, logits, token ids, which sentences) is compared in every round; a row
whose sides disagree, or one of which does not run, shows the reason in place of a ratio, and the
exit status is 1. A missed target is shown and is no failure. --record writes what `retort report`
draws Results/performance.md from: every pair of figures, machine, versions, settings. Interrupted,
it keeps the rounds that are complete. --scaling, --forecast and --published-sizes measure Retort alone
(bench_scaling.py, bench_forecast.py, bench_published_sizes.py).

Wants an idle machine, RETORT_MIRROR or RETORT_CACHE with SST-2 and a vocabulary, and 12 GB of memory.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

import bench_forecast
import bench_published_sizes
import bench_record
from bench_checks import Disagreement, agreement
from bench_contests import CONTESTS
from bench_material import Material
from bench_measures import MEASURES
from bench_setup import Missing

HERE = os.path.dirname(os.path.abspath(__file__))
TIME_LIMIT = 900
INTERRUPTED = "interrupted"
PEER_ENVIRONMENT = {
    "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "CUDA_VISIBLE_DEVICES": "",
    "PYTHONDONTWRITEBYTECODE": "1",
}  # fmt: skip


def main():
    parser = argparse.ArgumentParser(
        prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", action="append", metavar="ROW", help="may be repeated")
    parser.add_argument("--alternations", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--record", metavar="FILE")
    parser.add_argument("--retort", default=os.path.join(HERE, "../../.build/release/retort"))
    parser.add_argument("--list", action="store_true", help="print the names of the rows")
    parser.add_argument("--scaling", action="store_true")
    parser.add_argument("--forecast", action="store_true")
    parser.add_argument("--losses", action="store_true", help="the rows of bench_losses.json")
    parser.add_argument("--published-sizes", action="store_true")
    arguments = parser.parse_args()
    rows = read_rows("bench_losses.json" if arguments.losses else "bench_rows.json")
    names = [row["id"] for row in rows]
    if arguments.list:
        return print("\n".join(names))
    unknown = [name for name in arguments.only or [] if name not in names]
    if unknown:
        parser.error(f"no row {', '.join(unknown)}; --list names them")
    if arguments.alternations < 1 or arguments.threads < 1:
        parser.error("--alternations and --threads are at least 1")
    arguments.retort = os.path.realpath(arguments.retort)
    if not os.access(arguments.retort, os.X_OK):
        sys.exit(f"bench: no program {arguments.retort}; make build, or name it with --retort")
    # Now: the tree may be worked on while the program runs.
    arguments.commit = bench_record.revision(arguments.retort)
    rows = [row for row in rows if not arguments.only or row["id"] in arguments.only]
    machine = bench_record.machine()
    if machine["loadBefore"] > 0.5:
        say(f"load {machine['loadBefore']:.2f}: something else is running; figures will be worse")
    if arguments.forecast:
        return bench_forecast.run(arguments, machine)
    if arguments.published_sizes:
        return bench_published_sizes.run(arguments, machine)
    with tempfile.TemporaryDirectory(prefix="retort-bench-") as folder:
        material = Material(arguments.retort, folder)
        if arguments.scaling:
            import bench_scaling  # needs transformers, which takes seconds

            return bench_scaling.run(arguments, material, machine, run)
        sys.exit(record(arguments, rows, material, machine))


def read_rows(name):
    """The rows of a file; refuses one that no contest or measure would ever fill."""
    path = os.path.join(HERE, name)
    with open(path, encoding="utf-8") as file:
        rows = json.load(file)
    known = {"contest": {contest.name for contest in CONTESTS}, "measure": set(MEASURES)}
    for row in rows:
        for key, names in known.items():
            if row[key] not in names:
                sys.exit(f"{path}: {row['id']}: no {key} {row[key]}")
        if (MEASURES[row["measure"]].value == "retort") == ("peer" in row):
            sys.exit(f"{path}: {row['id']}: {row['measure']} with a peer too many or too few")
    return rows


def record(arguments, rows, material, machine):
    """Runs the contests of the rows and returns the exit status."""
    wanted = {row["contest"] for row in rows}
    contests = [contest for contest in CONTESTS if contest.name in wanted]
    forecast = Forecast(contests, arguments.alternations)
    results = {row["id"]: dict(row, pairs=[], not_run=INTERRUPTED) for row in rows}
    runs = {contest.name: {} for contest in contests}
    interrupted = False
    for contest in contests:
        concerned = [row for row in results.values() if row["contest"] == contest.name]
        try:
            hold(contest, concerned, runs[contest.name], arguments, material, forecast)
        except Missing as problem:
            for row in concerned:
                fail(row, problem)
        except KeyboardInterrupt:
            interrupted = True
        forecast.end(contest)
        if arguments.record:
            bench_record.write(arguments, machine, results.values(), runs)
        if interrupted:
            break
    print(bench_record.table(results.values()))
    if interrupted:
        return 130
    return 1 if any(row["not_run"] for row in results.values()) else 0


def hold(contest, rows, runs, arguments, material, forecast):
    """All rounds of a contest: each adds a run to every contestant and a pair to every row.

    A contestant that fails takes part no more, nor do the rows that need it.
    """
    contestants = contest.contestants(material, arguments.threads)
    for row in rows:
        for side in sides(row):
            if side not in contestants:
                raise Missing(f"{contest.name} has no contestant {side}")
    open_rows = list(rows)
    for number in range(arguments.alternations):
        start, failed = time.monotonic(), {}
        needed = {side for row in open_rows for side in sides(row)}
        for name in [name for name in contestants if name in needed]:
            say(f"{contest.name}: round {number + 1} of {arguments.alternations}, {name}; "
                f"{forecast} left")  # fmt: skip
            try:
                runs.setdefault(name, []).append(run(name, contestants[name]))
            except Missing as problem:
                failed[name] = problem
        for row in open_rows:
            problem = next((failed[side] for side in sides(row) if side in failed), None)
            try:
                if problem:
                    raise problem
                add_round(row, {side: runs[side][-1] for side in sides(row)}, contest.unchecked)
            except (Missing, Disagreement) as problem:
                fail(row, problem)
        open_rows = [row for row in open_rows if row["not_run"] == INTERRUPTED]
        forecast.round(contest, time.monotonic() - start)
    for row in open_rows:
        row["not_run"] = None


def sides(row):
    """Names of the contestants that a row compares; Retort's own rows have one."""
    return [row[side] for side in ("peer", "retort") if side in row]


def add_round(row, latest, unchecked):
    """A pair of figures, once what they are figures of has been compared."""
    if not unchecked & latest.keys():
        row["checked"] = agreement(latest)
    pair = MEASURES[row["measure"]].pair(latest.get(row.get("peer")), latest[row["retort"]])
    row["pairs"].append(pair)


def fail(row, problem):
    """What was measured of the row before does not count either."""
    row.update(pairs=[], checked=None, not_run=str(problem))
    say(f"{row['id']}: not run: {problem}")


def run(name, command):
    """One process; its JSON object."""
    try:
        if callable(command):
            return command()
        result = subprocess.run(
            command, capture_output=True, check=True, timeout=TIME_LIMIT,
            env=os.environ | PEER_ENVIRONMENT,
        )  # fmt: skip
        return json.loads(result.stdout)
    except subprocess.CalledProcessError as error:
        lines = (error.stderr or b"").decode(errors="replace").strip().splitlines()
        reason = lines[-1] if lines else f"status {error.returncode}"
        raise Missing(f"{name} failed: {reason}") from error
    except subprocess.TimeoutExpired as error:
        raise Missing(f"{name} took longer than {TIME_LIMIT} s") from error
    except ValueError as error:
        raise Missing(f"{name} printed no JSON: {error}") from error


class Forecast:
    """How long the rest will take: nominal seconds a round, scaled by those that were measured."""

    def __init__(self, contests, alternations):
        self.alternations = alternations
        self.nominal = {contest.name: contest.seconds for contest in contests}
        self.left = {contest.name: alternations for contest in contests}
        self.measured = {}

    def round(self, contest, seconds):
        self.left[contest.name] -= 1
        self.measured.setdefault(contest.name, []).append(seconds)

    def end(self, contest):
        self.left[contest.name] = 0

    def seconds(self, name):
        if name in self.measured:
            return sum(self.measured[name]) / len(self.measured[name])
        known = sum(sum(times) / len(times) for times in self.measured.values())
        nominal = sum(self.nominal[other] for other in self.measured)
        return self.nominal[name] * (known / nominal if nominal else 1)

    def __str__(self):
        seconds = sum(count * self.seconds(name) for name, count in self.left.items())
        return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def say(text):
    print(f"bench: {text}", file=sys.stderr, flush=True)


main()
