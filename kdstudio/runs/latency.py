"""How long networks take for one image on this machine: measured in a process of its own, on one thread.

In onnxruntime where it is installed: what is shipped runs there or in something like it, and eager PyTorch
can rank networks the other way round. torch's number of threads is the whole process's, and another run may
train in it meanwhile.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from copy import deepcopy
from functools import partial
from importlib.metadata import version
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Literal, NamedTuple

from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError
from kdstudio.runs.exporting.child import Child, ChildError, complain, own_output, say

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


class Timed(NamedTuple):
    """What has been measured, and in what: ``onnxruntime 1.32.0``, or eager PyTorch."""

    runtime: str
    latencies: dict[str, Latency]


Loaded = Mapping[str, "tuple[nn.Module, tuple[int, ...]]"]
"""Modules in eval mode, each with the shape of one input."""


class TimedPart(NamedTuple):
    """What is timed: a network on disk, or, of one that is composed, what comes after its trunk."""

    file: Path
    what: Literal["whole", "heads"] = "whole"

    def load(self, *, allow_code: bool = False) -> tuple[nn.Module, tuple[int, ...]]:
        """Return the module, in eval mode, and the shape of one input. Raises KDStudioError."""
        import torch
        from torch import nn

        from kdstudio.runs.weights import load_network

        module, card = load_network(self.file, allow_code=allow_code)
        if self.what == "whole":
            return module, card.image
        (trunk,) = module.get_submodule("networks").children()
        with torch.no_grad():
            (features,) = trunk(torch.zeros(1, *card.image)).values()
        return nn.Sequential(*module.get_submodule("heads").children()).eval(), tuple(features.shape[1:])


def measure_latencies(
    parts: Mapping[str, TimedPart],
    repeats: int = REPEATS,
    progress: ProgressCallback = lambda _what, _fraction: None,
    *,
    allow_code: bool = False,
) -> Timed:
    """Time each part on one input, all in the same runtime, in another process; takes seconds.

    ``progress`` may raise to cancel. Raises KDStudioError where that process ends with an error.
    """
    task = {
        "parts": {name: (str(part.file.resolve()), part.what) for name, part in parts.items()},
        "repeats": repeats,
        "allow_code": allow_code,
    }
    try:
        with Child() as child:
            child.start(__name__, task)
            runtime, latencies = child.hear_while(progress, "latency")
    except ChildError as error:
        raise KDStudioError(f"the latency could not be measured: {error}") from error
    return Timed(runtime, {name: Latency(*seconds) for name, seconds in latencies.items()})


def in_a_runtime(modules: Loaded) -> tuple[str, dict[str, Callable[[], object]]]:
    """Return the runtime, and what lets each module answer one input there.

    Eager PyTorch where onnxruntime is missing, or does not take one of them: all in one, or none could be
    held against another.
    """
    try:
        return f"onnxruntime {version('onnxruntime')}", _in_onnxruntime(modules)
    except Exception:  # exporters raise whatever they stumble over
        return EAGER, _eager(modules)


def _in_onnxruntime(modules: Loaded) -> dict[str, Callable[[], object]]:
    import numpy as np
    import torch

    from kdstudio.runs.formats import onnx_graph

    calls: dict[str, Callable[[], object]] = {}
    with TemporaryDirectory() as scratch:
        for number, (name, (module, shape)) in enumerate(modules.items()):
            file = Path(scratch, f"{number}.onnx")
            plain = deepcopy(module).to(memory_format=torch.contiguous_format)
            with torch.no_grad():
                onnx_graph.save(onnx_graph.exported(plain, shape), file)
            answer = onnx_graph.open_session(file, threads=1)
            calls[name] = partial(answer, np.zeros((1, *shape), np.float32))
    return calls


def _eager(modules: Loaded) -> dict[str, Callable[[], object]]:
    import torch

    return {name: partial(module, torch.zeros(1, *shape)) for name, (module, shape) in modules.items()}


def time_in_turn(calls: Mapping[str, Callable[[], object]], repeats: int = REPEATS) -> dict[str, Latency]:
    """Time each call, in turn, so that all meet the same load."""
    import torch

    seconds: dict[str, list[float]] = {name: [] for name in calls}
    with torch.inference_mode():
        for _ in range(WARM_UP + repeats):
            for name, call in calls.items():
                began = time.perf_counter()
                call()
                seconds[name].append(time.perf_counter() - began)
    found = {}
    for name, times in seconds.items():
        lower, median, upper = quantiles(times[WARM_UP:], n=4)
        found[name] = Latency(median, lower, upper)
    return found


def main() -> None:
    """Read a task from standard input and answer with the runtime and the latencies."""
    import torch

    answers = own_output()
    warnings.simplefilter("ignore")  # exporters warn of their own future
    torch.set_num_threads(1)
    try:
        task = json.loads(sys.stdin.readline())
        modules = {
            name: TimedPart(Path(file), what).load(allow_code=task["allow_code"])
            for name, (file, what) in task["parts"].items()
        }
        runtime, calls = in_a_runtime(modules)
        say(answers, (runtime, time_in_turn(calls, task["repeats"])))
    except KDStudioError as error:
        complain(KDStudioError(str(error)))  # without its cause, which it tells itself
    except BaseException as error:
        complain(error)


if __name__ == "__main__":
    main()
