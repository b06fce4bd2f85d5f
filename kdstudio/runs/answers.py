"""What the networks of a finished run answer: their logits over one part of its data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import ProgressCallback
from kdstudio.errors import KDStudioError
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.weights import load_network

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.bench import Bench

Part = Literal["validation", "test"]


@dataclass(frozen=True)
class Answers:
    """Images of one part, in order, with the logits of every network of the run."""

    class_names: tuple[str, ...]
    pixels: Tensor
    """uint8 ``(N, C, H, W)``."""
    labels: Tensor
    """int64 ``(N,)``."""
    logits: dict[str, Tensor]
    """float32 ``(N, K)`` by the network's name; the last epoch's weights."""


def read_answers(
    folder: RunFolder,
    part: Part = "test",
    progress: ProgressCallback = lambda _what, _fraction: None,
    *,
    allow_code: bool = False,
) -> Answers:
    """Load the run's data and networks and collect their answers; seconds for small images.

    Raises KDStudioError when the run has no networks yet, or its data are gone.
    """
    return answers_on(open_bench(folder, progress), folder, part, progress, allow_code=allow_code)


def open_bench(folder: RunFolder, progress: ProgressCallback) -> Bench:
    """Load the run's data, on the CPU.

    Raises KDStudioError when the run has no networks yet, or its data are gone.
    """
    import torch

    from kdstudio.engine.bench import Bench

    if not folder.networks():
        raise KDStudioError(f"run '{folder.name}' has no trained network yet; wait, or choose another run")
    experiment = folder.experiment()
    return Bench(experiment, experiment.data.source.load(progress), torch.device("cpu"))


def answers_on(
    bench: Bench, folder: RunFolder, part: Part, progress: ProgressCallback, *, allow_code: bool = False
) -> Answers:
    """Collect the answers of the run's networks to one part of the data on ``bench``."""
    import torch

    names = folder.networks()
    feed = bench.test if part == "test" else bench.validation
    logits = {}
    for number, name in enumerate(names):
        progress(f"answers of the {name}", number / len(names))
        module, _card = load_network(folder.network_file(name), allow_code=allow_code)
        with torch.no_grad():
            logits[name] = torch.cat([module(batch.images).float() for batch in feed.in_order()])
    pixels = torch.cat([feed.pixels(batch.images) for batch in feed.in_order()])
    return Answers(bench.data.class_names, pixels, feed.part.labels, logits)
