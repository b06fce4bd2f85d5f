"""How long networks take for one image on this machine: measured, on one thread."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from statistics import quantiles
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import nn

REPEATS = 100
WARM_UP = 5


class Latency(NamedTuple):
    """Seconds for one input: the median over the repeats, and the quartiles on both sides of it."""

    median: float
    lower: float
    upper: float


def measure_latencies(
    modules: Mapping[str, tuple[nn.Module, Sequence[int]]], repeats: int = REPEATS
) -> dict[str, Latency]:
    """Time each module in eval mode on one input of its shape, in turn, so that all meet the same load."""
    import torch

    inputs = {name: torch.zeros(1, *shape) for name, (_, shape) in modules.items()}
    seconds: dict[str, list[float]] = {name: [] for name in modules}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            for _ in range(WARM_UP + repeats):
                for name, (module, _shape) in modules.items():
                    began = time.perf_counter()
                    module.eval()(inputs[name])
                    seconds[name].append(time.perf_counter() - began)
    finally:
        torch.set_num_threads(threads)
    found = {}
    for name, times in seconds.items():
        lower, median, upper = quantiles(times[WARM_UP:], n=4)
        found[name] = Latency(median, lower, upper)
    return found
