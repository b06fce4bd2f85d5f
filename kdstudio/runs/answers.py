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
    import torch

    from kdstudio.engine.bench import Bench

    names = folder.networks()
    if not names:
        raise KDStudioError(f"run '{folder.name}' has no trained network yet; wait, or choose another run")
    experiment = folder.experiment()
    bench = Bench(experiment, experiment.data.source.load(progress), torch.device("cpu"))
    feed = bench.test if part == "test" else bench.validation
    logits = {}
    for number, name in enumerate(names):
        progress(f"answers of the {name}", number / len(names))
        module, _card = load_network(folder.network_file(name), allow_code=allow_code)
        with torch.no_grad():
            logits[name] = torch.cat([module(batch.images).float() for batch in feed.in_order()])
    pixels = torch.cat([feed.pixels(batch.images) for batch in feed.in_order()])
    return Answers(bench.data.class_names, pixels, feed.part.labels, logits)
