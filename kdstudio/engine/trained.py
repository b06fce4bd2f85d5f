"""Stages that another run has trained to their end, as this run would: nothing is trained twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from kdstudio.engine.checkpoint import BestEpoch
from kdstudio.engine.events import EpochDone, StepDone
from kdstudio.engine.identity import Record

if TYPE_CHECKING:
    from torch import Tensor


class Ending(Record):
    """How a stage's training has ended, beside the weights."""

    key: str
    """Equal ones have the same weights, bit for bit; see ``circumstances.py``."""
    names: dict[str, str]
    """What its networks and heads are called in the run, by their names in the trial."""
    changed: tuple[str, ...]
    """Those whose weights are others now, by their names in the trial."""
    best: dict[str, BestEpoch]
    """By the score's name in the trial."""


@dataclass(frozen=True)
class Trained:
    """All that a stage's training leaves behind; names are those of the trial."""

    run: str
    """Name of the run that has trained it."""
    seconds: float
    """What that took there."""
    best: dict[str, BestEpoch]
    last_states: dict[str, dict[str, Tensor]]
    """Weights after the last epoch, of everything that has changed."""
    best_states: dict[str, dict[str, dict[str, Tensor]]]
    """Weights after the best epoch, by score, where that is not the last."""
    events: tuple[StepDone | EpochDone, ...]


class TrainedStages(Protocol):
    """Stages of other runs; it raises nothing: what cannot be read is trained again."""

    def find(self, key: str) -> Trained | None:
        """Return a stage with this key."""

    def complaints(self) -> list[str]:
        """Return what could not be read since the last call, each a sentence for people."""
