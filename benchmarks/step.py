"""Where the time of a training step goes, in the two jobs of peers.py, with a teacher asked anew.

uv run python benchmarks/step.py [--jobs perceptrons convolutions] [--precision auto] [--repeats 5]

On one thread. Printed are medians over the repeats of microseconds of processor time a step, and their
shares. *Teacher* is what it takes to ask it about the epoch's images, and to look the answers up;
*measuring* the gradient of each term by itself, in one step of 25 here, in one of 100 where an epoch has
400; *bookkeeping* what is left: seeds, weighting, sums of losses, reading them, events.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from statistics import median
from typing import Any
from unittest.mock import patch

import torch
from peers import JOBS, Job, trainer

from kdstudio.data.feed import Batch, Feed
from kdstudio.engine.events import StageStarted, StepDone
from kdstudio.engine.network import Network
from kdstudio.engine.remembered import RememberedNetwork
from kdstudio.engine.stage import Stage
from kdstudio.engine.stage_run import StageRun
from kdstudio.processes import ALONE, Processes

PARTS = ("images", "teacher", "student", "losses", "backward", "optimiser", "measuring", "bookkeeping")


def measure(job: Job, precision: str) -> dict[str, float]:
    """Train one epoch; returns the seconds of processor time a step that each part takes."""
    spent: dict[str, float] = defaultdict(float)
    compute = {"device": "cpu", "threads": 1, "precision": precision}
    ready = trainer(job, "hinton", compute)

    def timed(function: Callable[..., Any], part: Callable[..., str]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                spent[part(*args)] += time.process_time() - began

        return run

    def shuffled(feed: Feed, epoch: int, start: int = 0, among: Processes = ALONE) -> Iterator[Batch]:
        batches = take(feed, epoch, start, among)
        while batch := timed(next, lambda *_: "images")(batches, None):
            yield batch

    take = Feed.shuffled
    with ExitStack() as patches:
        for owner, name, part in (
            (Network, "answer", lambda network, *_: network.name),
            (RememberedNetwork, "_ask", lambda *_: "asked"),
            (Stage, "forward", lambda *_: "forward"),
            (StageRun, "_measure", lambda *_: "measuring"),
            (torch.Tensor, "backward", lambda *_: "backward"),
            (torch.optim.SGD, "step", lambda *_: "optimiser"),
            (torch.optim.SGD, "zero_grad", lambda *_: "optimiser"),
        ):
            patches.enter_context(patch.object(owner, name, timed(getattr(owner, name), part)))
        patches.enter_context(patch.object(Feed, "shuffled", shuffled))
        began, steps, all_steps, asked = 0.0, 0, 0, 0.0
        for event in ready.events():
            if isinstance(event, StageStarted):
                spent.clear()
                all_steps = event.summary.steps
            elif isinstance(event, StepDone):
                if not began:  # the first step, which warms up, is not counted
                    began, before, asked = time.process_time(), event.step, spent["asked"]
                    spent.clear()
                steps, ended, found = event.step - before, time.process_time(), dict(spent)
    found["losses"] = found.pop("forward") - found["teacher"] - found["student"]
    found["bookkeeping"] = ended - began - sum(found.values())
    a_step = {part: found.get(part, 0.0) / steps for part in PARTS}
    return a_step | {"teacher": a_step["teacher"] + asked / all_steps}


def main() -> None:
    """Print a table for each job."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--jobs", nargs="*", choices=JOBS, default=list(JOBS))
    parser.add_argument("--precision", choices=("float32", "bfloat16", "auto"), default="auto")
    parser.add_argument("--repeats", type=int, default=5)
    args = parser.parse_args()
    for name in args.jobs:
        repeats = [measure(JOBS[name], args.precision) for _ in range(args.repeats)]
        found = {part: median(each[part] for each in repeats) for part in PARTS}
        whole = sum(found.values())
        print(f"\n{name}, precision {args.precision}: {1e6 * whole:,.0f} µs a step")
        for part, seconds in found.items():
            print(f"{part:14}{1e6 * seconds:12,.0f} µs{seconds / whole:8.1%}")


if __name__ == "__main__":
    main()
