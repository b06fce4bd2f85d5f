"""Never compute a frozen network's answer twice: what a stage reads of it, by sample and view."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Self

import psutil
import torch
from torch import Tensor

from kdstudio.data.feed import Batch, Feed
from kdstudio.engine.network import Network
from kdstudio.engine.stage import Stage
from kdstudio.engine.terms import IMAGES

SHARE_OF_MEMORY = 0.25
"""Share of the memory that is free which the answers of one stage may take."""
LEAST_REPEATS = 0.05
"""Share of a stage's questions that must have been asked before for it to be worth the memory."""
ROWS = 16
"""The network answers so many images at a time, or a multiple: a processor's kernels round a row alike in
batches of 16, 32, … 128, but not in all smaller ones."""

Shape = tuple[int, ...]


class RememberedNetwork(Network):
    """Stands for a frozen network; over one feed, no answer of it is computed twice.

    Of a batch it looks up what it was asked before; the rest the network answers, and that is kept as it was
    computed. In eval mode other images are looked at, and the network itself answers.
    """

    def __init__(self, network: Network, shapes: Mapping[str, Shape], slots: int) -> None:
        """``shapes`` of what will be asked for, of one image; ``slots`` counts the samples in all views."""
        super().__init__(network.name, network.module, network.taps)
        self.freeze()
        self._looks_up = True
        self._shapes = dict(shapes)
        self._answers: dict[str, Tensor] = {}
        self._known = torch.zeros(slots, dtype=torch.bool)

    def train(self, mode: bool = True) -> Self:
        """Follow the stage's mode; the network stays in eval mode."""
        self._looks_up = mode
        return super().train(mode)

    def forward(self, batch: Batch, wanted: Collection[str]) -> dict[str, Tensor]:
        """Look the answers up while the stage is in training, after those that are missing are computed."""
        if not self._looks_up:
            return super().forward(batch, wanted)
        missing = (~self._known[batch.slot]).nonzero().squeeze(1)
        if len(missing):
            self._learn(batch, missing)
        slots = batch.slot.to(batch.images.device, non_blocking=True)
        return {output: self._answers[output][slots] for output in wanted}

    @torch.no_grad()
    def _learn(self, batch: Batch, missing: Tensor) -> None:
        """Keep the answers to the samples at the places ``missing`` of the batch."""
        asked = torch.arange(math.ceil(len(missing) / ROWS) * ROWS) % len(missing)
        slots = batch.slot[missing]
        for output, values in super().forward(batch.at(missing[asked]), self._shapes).items():
            if output not in self._answers:
                self._answers[output] = values.new_empty(len(self._known), *self._shapes[output])
            self._answers[output][slots.to(values.device)] = values[: len(missing)]
        self._known[slots] = True


def remembered(stage: Stage, feed: Feed, shape: Callable[[Network, str], Shape]) -> list[RememberedNetwork]:
    """Make stand-ins for frozen networks that the ``stage`` asks often enough, as far as memory allows.

    ``shape`` tells the shape of a network's output for one image.
    """
    read = {address for term in stage.terms for address in term.reads}
    behind = {name for address in read for name in stage.behind(address)}
    read |= {address for name, head in stage.heads.items() if name in behind for address in head.inputs}
    epochs = stage.training_spec.epochs
    if IMAGES in read or feed.views is None or repeats(feed.views, epochs) < LEAST_REPEATS:
        return []
    slots, found = len(feed) * feed.views, []
    left = SHARE_OF_MEMORY * free_memory(feed.part.labels.device)
    for name, network in stage.networks.items():
        outputs = [address.partition(".")[2] for address in read if address.partition(".")[0] == name]
        weights = dict(network.module.named_parameters())
        if not network.frozen or name in stage.changes or not outputs or weights.keys() & set(outputs):
            continue
        shapes = {output: shape(network, output) for output in outputs}
        needed = slots * sum(math.prod(each) for each in shapes.values()) * torch.float32.itemsize
        if needed <= left:
            left -= needed
            found.append(RememberedNetwork(network, shapes, slots))
    return found


def repeats(views: int, epochs: int) -> float:
    """Share of an image's ``epochs`` views, each one of ``views``, that have come up before, in the mean."""
    return 1 - views / epochs * (1 - (1 - 1 / views) ** epochs)


def free_memory(device: torch.device) -> int:
    """Bytes that nobody uses where ``device`` computes."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return int(psutil.virtual_memory().available)
