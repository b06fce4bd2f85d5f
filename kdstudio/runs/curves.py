"""The curves of a run: points that grow with its events."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class LossKey(NamedTuple):
    """Which loss a curve shows."""

    stage: str
    term: str


MOST_POINTS = 20_000
"""Of one curve, which is more than any screen shows; an even number."""


@dataclass
class Series:
    """Points of one curve; of very many, neighbours are put together, so that there is a bound to them."""

    x: list[float] = field(default_factory=list)
    y: list[float] = field(default_factory=list)
    together: int = 1
    """How many of what was added are in each point: the mean, at the place of the last."""
    in_last: int = 1
    """How many are in the last point so far."""

    def add(self, x: float, y: float) -> None:
        """Append a point, or put it to the last one."""
        if self.in_last < self.together:
            self.in_last += 1
            self.x[-1] = x
            self.y[-1] += (y - self.y[-1]) / self.in_last
            return
        if len(self.x) == MOST_POINTS:
            self.x = self.x[1::2]
            self.y = [(one + other) / 2 for one, other in zip(self.y[::2], self.y[1::2], strict=True)]
            self.together *= 2
        self.x.append(x)
        self.y.append(y)
        self.in_last = 1

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
