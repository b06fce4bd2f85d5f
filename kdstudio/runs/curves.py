"""The curves of a run: points that grow with its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class LossKey(NamedTuple):
    """Which loss a curve shows."""

    stage: str
    term: str


@dataclass
class Series:
    """Points of one curve."""

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)

    def add(self, x: float, y: float) -> None:
        """Append a point."""
        self.x.append(x)
        self.y.append(y)

    def scaled(self, factor: float) -> Series:
        """Return the same points with y times ``factor``."""
        return Series(list(self.x), [factor * y for y in self.y])


@dataclass
class RunCurves:
    """Everything that can be drawn of one run; x counts the epochs of the stage."""

    losses: dict[LossKey, Series] = field(default_factory=dict)
    """Of each term, unweighted."""
    weighted: dict[LossKey, Series] = field(default_factory=dict)
    """The same times the term's weight."""
    shares: dict[LossKey, Series] = field(default_factory=dict)
    """Each term's share of the summed lengths of its update's gradients, 0 to 1, after each epoch."""
    accuracy: dict[str, Series] = field(default_factory=dict)
    """Validation accuracy of each network, by name, after each epoch."""
    learning_rate: dict[str, Series] = field(default_factory=dict)
    """By stage."""
    speed: dict[str, Series] = field(default_factory=dict)
    """Images a second, by stage."""
