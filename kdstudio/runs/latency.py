"""How long networks take for one image on this machine: measured in a process of its own, on one thread.

torch's number of threads is the whole process's, and another run may train in it meanwhile.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import quantiles
from typing import TYPE_CHECKING, Literal, NamedTuple

from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from torch import nn

EAGER = "PyTorch, eager"
"""How a network answers in the run that trained it: operation by operation."""
REPEATS = 100
WARM_UP = 5


class Latency(NamedTuple):
    """Seconds for one input: the median over the repeats, and the quartiles on both sides of it."""

    median: float
    lower: float
    upper: float


class TimedPart(NamedTuple):
    """What is timed: a network on disk, or, of one that is composed, what comes after its trunk."""

    file: Path
    what: Literal["whole", "heads"] = "whole"

    def load(self, *, allow_code: bool = False) -> tuple[nn.Module, tuple[int, ...]]:
        """Return the module and the shape of one input. Raises KDStudioError."""
        import torch
        from torch import nn

        from kdstudio.runs.weights import load_network

        module, card = load_network(self.file, allow_code=allow_code)
        if self.what == "whole":
            return module, card.image
        (trunk,) = module.get_submodule("networks").children()
        with torch.no_grad():
            (features,) = trunk(torch.zeros(1, *card.image)).values()
        return nn.Sequential(*module.get_submodule("heads").children()), tuple(features.shape[1:])


def measure_latencies(
    parts: Mapping[str, TimedPart], repeats: int = REPEATS, *, allow_code: bool = False
) -> dict[str, Latency]:
    """Time each part in eval mode on one input, in another process; takes seconds.

    Raises KDStudioError where that process ends with an error.
    """
    task = {
        "parts": {name: (str(part.file.resolve()), part.what) for name, part in parts.items()},
        "repeats": repeats,
        "allow_code": allow_code,
    }
    path = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(task),
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, **path},
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason was told"])[-1]
        raise KDStudioError(f"the latency could not be measured: {reason}")
    *_, answer = done.stdout.splitlines()  # a user's network may print too
    return {name: Latency(*seconds) for name, seconds in json.loads(answer).items()}


def time_in_turn(
    modules: Mapping[str, tuple[nn.Module, Sequence[int]]], repeats: int = REPEATS
) -> dict[str, Latency]:
    """Time each module in eval mode on one input of its shape, in turn, so that all meet the same load."""
    import torch

    inputs = {name: torch.zeros(1, *shape) for name, (_, shape) in modules.items()}
    seconds: dict[str, list[float]] = {name: [] for name in modules}
    with torch.inference_mode():
        for _ in range(WARM_UP + repeats):
            for name, (module, _shape) in modules.items():
                began = time.perf_counter()
                module.eval()(inputs[name])
                seconds[name].append(time.perf_counter() - began)
    found = {}
    for name, times in seconds.items():
        lower, median, upper = quantiles(times[WARM_UP:], n=4)
        found[name] = Latency(median, lower, upper)
    return found


def main() -> None:
    """Read a task from standard input and write the latencies to standard output, as JSON."""
    import torch

    torch.set_num_threads(1)
    task = json.load(sys.stdin)
    try:
        modules = {
            name: TimedPart(Path(file), what).load(allow_code=task["allow_code"])
            for name, (file, what) in task["parts"].items()
        }
    except KDStudioError as error:
        sys.exit(str(error))
    print(json.dumps(time_in_turn(modules, task["repeats"])))


if __name__ == "__main__":
    main()
