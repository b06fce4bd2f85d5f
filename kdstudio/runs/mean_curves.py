"""Curves of networks, or stages, that differ in the seed alone, to be drawn as one: a mean with a band."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from kdstudio.runs.curves import Series

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class SeedCurves:
    """The curves of several seeds.

    Seeds are trained one after the other. The mean is over those that have come farthest, and the others
    stand beside it until they have come as far: so it never jumps where a curve ends.
    """

    several: tuple[Series, ...]
    planned: int
    """How many there will be."""

    @property
    def points(self) -> tuple[int, ...]:
        """How many points each has; the mean is another one where these are."""
        return tuple(len(series.x) for series in self.several)

    @property
    def farthest(self) -> list[Series]:
        """Those that have come farthest."""
        end = self._end
        return [series for series in self.several if series.x and series.x[-1] == end]

    @property
    def growing(self) -> list[Series]:
        """Those that have not come as far."""
        end = self._end
        return [series for series in self.several if series.x and series.x[-1] < end]

    @property
    def _end(self) -> float:
        return max((series.x[-1] for series in self.several if series.x), default=0.0)

    def called(self, name: str) -> str:
        """``student``, ``student, 2 of 3 seeds``, ``student, 3 seeds``."""
        if self.planned == 1:
            return name
        count = len(self.farthest)
        return f"{name}, {self.planned if count == self.planned else f'{count} of {self.planned}'} seeds"

    def scaled(self, factor: float) -> SeedCurves:
        """Return the same with y times ``factor``."""
        return SeedCurves(tuple(series.scaled(factor) for series in self.several), self.planned)

    def mean(self) -> tuple[Series, list[float]]:
        """Return the mean and the sample deviation at each of its points; no deviations of one curve alone.

        Its points are those of the first curve; what was measured at other steps is interpolated.
        """
        farthest = self.farthest or [Series()]
        first = farthest[0]
        if len(farthest) == 1:
            return first, []
        values = np.array([np.interp(first.x, series.x, series.y) for series in farthest])
        return Series(first.x, values.mean(0).tolist()), values.std(0, ddof=1).tolist()


def over_seeds(curves: Mapping[Key, Series], plain: Mapping[Key, Key]) -> dict[Key, SeedCurves]:
    """Put those of ``curves`` together that have one key without the seed; in their order.

    ``plain`` has that key for each curve that there will be; one that it lacks stands alone.
    """
    together: dict[Key, list[Series]] = {}
    for key, series in curves.items():
        together.setdefault(plain.get(key, key), []).append(series)
    planned = Counter(plain.values())
    return {key: SeedCurves(tuple(s), max(planned[key], len(s))) for key, s in together.items()}


def thinned(values: Sequence[float] | np.ndarray, most: int) -> list[float]:
    """Return means of as many neighbours as leave ``most`` at most; the first and the last stay."""
    if len(values) <= most:
        return list(values)
    starts = np.arange(0, len(values), -(-len(values) // (most - 2)))
    means = np.add.reduceat(values, starts) / np.diff([*starts, len(values)])
    return [values[0], *means.tolist(), values[-1]]
