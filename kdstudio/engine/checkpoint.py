"""Where an unfinished run stands: enough to go on bit for bit, as tensors and plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

from kdstudio.engine.events import RunWarning
from kdstudio.engine.identity import Record


class BestEpoch(Record):
    """A network's best epoch so far, by its validation scores."""

    epoch: int
    accuracy: float
    loss: float


class Progress(Record):
    """The next step to take, and what has been seen of the unfinished stage."""

    stage: int = 0
    epoch: int = 0
    """Finished epochs of the stage."""
    step: int = 0
    """Finished steps of the epoch."""
    seconds: float = 0.0
    best: dict[str, BestEpoch] = {}
    first_losses: dict[str, float] = {}
    """Mean loss of each term in the stage's first epoch, once that is over."""
    last_losses: dict[str, float] = {}
    """The same of the latest epoch."""
    warnings: tuple[RunWarning, ...] = ()
    """All that have been told."""
    circumstances: str = ""
    """Digest of what the run was begun in, see ``circumstances.py``; unlike any other once it went on
    elsewhere."""

    @property
    def is_beginning(self) -> bool:
        """Tell whether nothing has been done yet."""
        return not (self.stage or self.epoch or self.step)


@dataclass(frozen=True)
class Checkpoint:
    """Progress and the tensors that belong to it.

    ``networks/NAME/…`` and ``best/NAME/…`` are state dicts of what the stage trains,
    ``optimizer/TURN/PARAMETER/KEY`` the optimisers' state, ``losses/TERM`` the epoch's sums.
    No random state is needed: every step seeds its own.
    """

    progress: Progress = field(default_factory=Progress)
    tensors: dict[str, Tensor] = field(default_factory=dict)

    def under(self, prefix: str) -> dict[str, Tensor]:
        """Tensors whose address begins with ``prefix/``, by the rest of it."""
        start = f"{prefix}/"
        return {k.removeprefix(start): v for k, v in self.tensors.items() if k.startswith(start)}
