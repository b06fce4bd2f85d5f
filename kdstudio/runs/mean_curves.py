"""Curves of networks that differ in the seed alone, drawn as one."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean

from kdstudio.engine.identity import SEED, Identity
from kdstudio.runs.curves import Series


def over_seeds(curves: Mapping[str, Series], identities: Mapping[str, Identity]) -> dict[str, Series]:
    """Return one curve for the networks that differ in the seed alone: their mean, point by point.

    By the name that these have in common; networks that nobody knows keep theirs.
    """
    together: dict[str, list[Series]] = {}
    for name, series in curves.items():
        identity = identities.get(name)
        together.setdefault(identity.without(SEED).name if identity else name, []).append(series)
    return {name: _mean(several) for name, several in together.items()}


def _mean(several: list[Series]) -> Series:
    if len(several) == 1:
        return several[0]
    shortest = min(len(series.x) for series in several)
    y = [fmean(series.y[place] for series in several) for place in range(shortest)]
    return Series(several[0].x[:shortest], y)
