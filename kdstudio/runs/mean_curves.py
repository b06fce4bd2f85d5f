"""Curves of networks, or stages, that are drawn as one, a mean with a band: of seeds, or of all trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

import numpy as np

from kdstudio.runs.curves import Series

Key = TypeVar("Key", bound=Hashable)
Over = Literal["seeds", "trials"]
BANDS: dict[Over, str] = {
    "seeds": "Mean of the seeds; the band is one standard deviation to both sides",
    "trials": "Mean of the trials; the band reaches from the lowest to the highest",
}
MOST_CURVES = 6
"""Of more, those of one family are drawn as one."""


@dataclass(frozen=True)
class SeedCurves:
    """The curves of several seeds.

    Seeds are trained one after the other. The mean is over those that have come farthest, and the others
    stand beside it until they have come as far: so it never jumps where a curve ends.
    """

    several: tuple[Series, ...]
    planned: int
    """How many there will be."""
    over: Over = "seeds"
    """What they differ in: trials differ in what is swept, too."""

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
        known = f"{self.planned if count == self.planned else f'{count} of {self.planned}'} {self.over}"
        return f"{name}, {known}" + (", min to max" if self.over == "trials" else "")

    def scaled(self, factor: float) -> SeedCurves:
        """Return the same with y times ``factor``."""
        return replace(self, several=tuple(series.scaled(factor) for series in self.several))

    def mean(self) -> tuple[Series, list[float]]:
        """Return the mean and the sample deviation at each of its points; no deviations of one curve alone.

        Its points are those of the first curve; what was measured at other steps is interpolated.
        """
        farthest = self.farthest or [Series()]
        if len(farthest) == 1:
            return farthest[0], []
        x, values = _at_the_points_of_the_first(farthest)
        return Series(x, values.mean(0).tolist()), values.std(0, ddof=1).tolist()

    def edges(self) -> tuple[list[float], list[float]]:
        """Both edges of the band at each point of the mean; none of one curve alone."""
        farthest = self.farthest
        if len(farthest) < 2:
            return [], []
        _, values = _at_the_points_of_the_first(farthest)
        if self.over == "trials":
            return values.min(0).tolist(), values.max(0).tolist()
        mean, deviation = values.mean(0), values.std(0, ddof=1)
        return (mean - deviation).tolist(), (mean + deviation).tolist()


def _at_the_points_of_the_first(several: Sequence[Series]) -> tuple[list[float], np.ndarray]:
    """Where the first has its points, and the values of all there ``(curves, points)``."""
    x = several[0].x
    return x, np.array([np.interp(x, series.x, series.y) for series in several])


def over_seeds(curves: Mapping[Key, Series], plain: Mapping[Key, Key]) -> dict[Key, SeedCurves]:
    """Put those of ``curves`` together that have one key without the seed; in their order.

    ``plain`` has that key for each curve that there will be; one that it lacks stands alone.
    """
    together: dict[Key, list[Series]] = {}
    for key, series in curves.items():
        together.setdefault(plain.get(key, key), []).append(series)
    planned = Counter(plain.values())
    return {key: SeedCurves(tuple(s), max(planned[key], len(s))) for key, s in together.items()}


@dataclass(frozen=True)
class Family(Generic[Key]):
    """Curves that are drawn as one; or one that stands alone, its only member."""

    head: Key
    together: SeedCurves
    members: Mapping[Key, SeedCurves]

    @property
    def stands_alone(self) -> bool:
        """Tell whether there is nothing to unfold."""
        return self.together.over == "seeds"


def in_families(
    curves: Mapping[Key, SeedCurves], plain: Mapping[Key, Key], family: Mapping[Key, Key]
) -> list[Family[Key]]:
    """Gather ``curves`` by their ``family`` where more than a few are planned, else leave each alone.

    ``plain`` is as for :func:`over_seeds`; ``family`` has the family's key for each of its values.
    """
    planned = {*plain.values()}
    sizes = Counter(family.get(key, key) for key in planned if len(planned) > MOST_CURVES)
    gathered: dict[Key, dict[Key, SeedCurves]] = {}
    found: list[Family[Key]] = []
    for key, each in curves.items():
        head = family.get(key, key)
        if sizes[head] > 1:
            gathered.setdefault(head, {})[key] = each
        else:
            found.append(Family(key, each, {key: each}))
    for head, members in gathered.items():
        several = tuple(series for each in members.values() for series in each.several)
        trials = sum(family.get(key, key) == head for key in plain.values())
        found.append(Family(head, SeedCurves(several, trials, "trials"), members))
    return found


def thinned(values: Sequence[float] | np.ndarray, most: int) -> list[float]:
    """Return means of as many neighbours as leave ``most`` at most; the first and the last stay."""
    if len(values) <= most:
        return list(values)
    starts = np.arange(0, len(values), -(-len(values) // (most - 2)))
    means = np.add.reduceat(values, starts) / np.diff([*starts, len(values)])
    return [values[0], *means.tolist(), values[-1]]
