"""Whether killed runs come out as if they had been left alone, and what work is lost.

uv run python benchmarks/kills.py [--kills 1000] [--seed 0] [--every 0.2] [STRATEGY …]

Small runs of every strategy, of two seeds crossed with two values of a field, with stages taken over from
another run and answers of frozen networks kept on disk, are killed (SIGKILL) up to three times each and gone
on with: half of the kills come at a moment drawn by the clock, half just before a change of a file. After
each one all that is on the disk is read; at the end every file, row, curve and verdict is held against those
of a run left alone. Prints a line for each strategy; ends with code 1 where anything was lost but time.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from functools import partial
from itertools import count, islice
from multiprocessing import get_context
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kdstudio.engine.strategy import strategies
from tests.kills.attack import Tally, Target, attack

MOST = 3
"""Kills of one run."""
COLUMNS = (
    "strategy", "kills", "runs", "lost", "bits other", "unreadable", "work lost, median", "worst",
    "steps again, median", "worst",
)  # fmt: skip


def main() -> None:
    """Kill runs of one strategy after the other, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("strategies", nargs="*", metavar="STRATEGY", help="these alone")
    parser.add_argument("--kills", type=int, default=1000, help="of all strategies together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=float, default=0.2, help="seconds between checkpoints")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    chosen = options.strategies or list(strategies)
    each = -(-options.kills // len(chosen))
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    total = Tally()
    # in threads multiprocessing may lose the exit code of one process to another thread that starts one
    with ProcessPoolExecutor(options.processes, get_context("spawn")) as pool:
        for strategy in chosen:
            tally = killed(strategy, each, options, pool)
            total += tally
            print(line(strategy, tally), flush=True)
    print(line("all", total))
    for what in (*total.lost, *total.differing, *total.unreadable):
        print(what, file=sys.stderr)
    sys.exit(not total.is_clean)


def killed(strategy: str, kills: int, options: argparse.Namespace, pool: Executor) -> Tally:
    """Kill runs of a strategy until there are so many kills."""
    total = Tally()
    with tempfile.TemporaryDirectory() as scratch:
        target = Target(Path(scratch), strategy, f"compute.checkpoint_every={options.every}")
        attacked = partial(attack_one, target, f"{options.seed} {strategy}")
        numbers = count()
        while total.kills < kills:
            for tally in pool.map(attacked, islice(numbers, options.processes)):
                total += tally
    return total


def attack_one(target: Target, seed: str, number: int) -> Tally:
    """Kill one run of ``target``, as ``seed`` and ``number`` decide."""
    return attack(target, str(number), random.Random(f"{seed} {number}"), MOST)


def line(name: str, tally: Tally) -> str:
    """Write a line of the table."""
    cells = (
        name, tally.kills, tally.runs, len(tally.lost), len(tally.differing), len(tally.unreadable),
        *spoken(tally.seconds, "{:.2f} s"), *spoken(tally.steps, "{:g}"),
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


def spoken(measured: Sequence[float], form: str) -> list[str]:
    """Return median and worst; dashes where nothing was measured."""
    return [form.format(of(measured)) for of in (statistics.median, max)] if measured else ["–", "–"]


if __name__ == "__main__":
    main()
