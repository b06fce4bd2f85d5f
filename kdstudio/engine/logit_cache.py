"""Never compute a frozen network's answer twice: its logits by (index, view)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Self

import torch
from torch import Tensor

from kdstudio.data.feed import Batch, Feed
from kdstudio.engine.composition import LOGITS
from kdstudio.engine.network import Network
from kdstudio.engine.stage import Stage
from kdstudio.engine.terms import IMAGES

LARGEST_TABLE = 2**29
"""Bytes of logits that are worth keeping."""


class CachedNetwork(Network):
    """Stands for a frozen network whose logits over one feed have been computed already.

    In eval mode other images are looked at, and the network itself answers.
    """

    def __init__(self, network: Network, table: Tensor, views: int) -> None:
        """``table`` ``(samples · views, K)``, row ``index · views + view``."""
        super().__init__(network.name, network.module, network.taps)
        self.freeze()
        self._looks_up = True
        self._table = table
        self._views = views

    def train(self, mode: bool = True) -> Self:
        """Follow the stage's mode; the network stays in eval mode."""
        self._looks_up = mode
        return super().train(mode)

    def forward(self, batch: Batch, wanted: Collection[str]) -> dict[str, Tensor]:
        """Look the logits up while the stage is in training."""
        if not self._looks_up:
            return super().forward(batch, wanted)
        return {LOGITS: self._table[batch.index * self._views + batch.view]}


def cacheable(stage: Stage, feed: Feed, classes: int) -> list[Network]:
    """Frozen networks of which the stage reads the logits alone, and often enough to pay."""
    read = {address for term in stage.terms for address in term.reads}
    behind = {name for address in read for name in stage.behind(address)}
    read |= {address for name, head in stage.heads.items() if name in behind for address in head.inputs}
    if feed.views is None or feed.views >= stage.training_spec.epochs or IMAGES in read:
        return []
    if len(feed) * feed.views * classes * 4 > LARGEST_TABLE:
        return []
    return [
        network
        for name, network in stage.networks.items()
        if network.frozen
        and name not in stage.changes
        and {a for a in read if a.startswith(f"{name}.")} == {f"{name}.{LOGITS}"}
    ]


@torch.no_grad()
def fill(network: Network, feed: Feed, table: Tensor, autocast: torch.autocast) -> Iterator[float]:
    """Compute ``table``, always in the same order; yields the fraction done after each batch.

    ``autocast`` is that of the steps, and batches are as large as theirs, whose kernels round alike.
    """
    done, views = 0, len(table) // len(feed)
    for view in range(views):
        for batch in feed.in_order(view):
            rows = batch.index * views + batch.view
            with autocast:
                table[rows] = network(batch, (LOGITS,))[LOGITS].float()
            done += len(batch)
            yield done / len(table)
