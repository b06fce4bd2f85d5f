"""Never compute a frozen network's answer twice: what a stage reads of it, by sample and view."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Self

import psutil
import torch
from torch import Tensor

from kdstudio.data.feed import Batch, Feed
from kdstudio.engine.network import Network
from kdstudio.engine.stage import Stage
from kdstudio.engine.terms import IMAGES

SHARE_OF_MEMORY = 1 / 8
"""Share of all memory, free or not, for the answers of one stage: the same machine, the same bits."""

Shape = tuple[int, ...]


class RememberedNetwork(Network):
    """Stands for a frozen network that has answered about every sample of a feed in every view.

    In eval mode other images are looked at, and the network itself answers.
    """

    def __init__(self, network: Network, shapes: Mapping[str, Shape], feed: Feed) -> None:
        """``shapes`` are those of the outputs that will be asked for, of one image; ``fill`` comes first."""
        super().__init__(network.name, network.module, network.taps)
        self.freeze()
        self._looks_up = True
        self._shapes = dict(shapes)
        self._feed = feed
        self._views = feed.views or 1
        self._answers: dict[str, Tensor] = {}

    def train(self, mode: bool = True) -> Self:
        """Follow the stage's mode; the network stays in eval mode."""
        self._looks_up = mode
        return super().train(mode)

    def _rows(self, batch: Batch) -> Tensor:
        return batch.index * self._views + batch.view

    def forward(self, batch: Batch, wanted: Collection[str]) -> dict[str, Tensor]:
        """Look the answers up while the stage is in training."""
        if not self._looks_up:
            return super().forward(batch, wanted)
        rows = self._rows(batch)
        return {output: self._answers[output][rows] for output in wanted}

    @torch.no_grad()
    def fill(self, autocast: torch.autocast) -> Iterator[float]:
        """Ask the network about everything; yields the fraction done after each batch.

        Always in the same order, so that a resumed run has the same answers; in ``autocast``, that of the
        steps, and in batches as large as theirs, whose kernels round alike. Answers are kept as computed.
        """
        done, rows = 0, len(self._feed) * self._views
        for view in range(self._views):
            for batch in self._feed.in_order(view):
                with autocast:
                    answers = super().forward(batch, self._shapes)
                for output, values in answers.items():
                    if output not in self._answers:
                        self._answers[output] = values.new_empty(rows, *self._shapes[output])
                    self._answers[output][self._rows(batch)] = values
                done += len(batch)
                yield done / rows


def remembered(stage: Stage, feed: Feed, shape: Callable[[Network, str], Shape]) -> list[RememberedNetwork]:
    """Make stand-ins, not filled yet, for frozen networks of which that saves work and fits into memory.

    It saves work where the ``stage`` has more epochs than the ``feed`` has views. ``shape`` tells the shape
    of a network's output for one image.
    """
    read = {address for term in stage.terms for address in term.reads}
    behind = {name for address in read for name in stage.behind(address)}
    read |= {address for name, head in stage.heads.items() if name in behind for address in head.inputs}
    if feed.views is None or feed.views >= stage.training_spec.epochs or IMAGES in read:
        return []
    found, left = [], SHARE_OF_MEMORY * memory(feed.part.labels.device)
    for name, network in stage.networks.items():
        outputs = [address.partition(".")[2] for address in read if address.partition(".")[0] == name]
        weights = dict(network.module.named_parameters())
        if not network.frozen or name in stage.changes or not outputs or weights.keys() & set(outputs):
            continue
        shapes = {output: shape(network, output) for output in outputs}
        numbers = len(feed) * feed.views * sum(math.prod(each) for each in shapes.values())
        if numbers * torch.float32.itemsize <= left:
            left -= numbers * torch.float32.itemsize
            found.append(RememberedNetwork(network, shapes, feed))
    return found


def memory(device: torch.device) -> int:
    """Bytes that there are where ``device`` computes."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[1])
    return int(psutil.virtual_memory().total)
