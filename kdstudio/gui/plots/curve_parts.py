"""What a plot of curves is made of: what is known of each curve, and what shows it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor

from kdstudio.gui.plots.band import Band
from kdstudio.runs.colours import Token
from kdstudio.runs.curves import Series
from kdstudio.runs.mean_curves import SeedCurves

FEW = 12
"""Points that are marked: of one alone there is no line."""
MARK = 6
"""Diameter of a mark, in pixels."""


class Drawn(NamedTuple):
    """What is known of a curve."""

    name: str
    token: Token
    style: int
    curves: SeedCurves
    points: tuple[int, ...]
    """How many each of the seeds had when it was drawn."""
    parts: str


class Part(NamedTuple):
    """A curve, or one of those that a curve stands for."""

    key: Hashable
    name: str
    token: Token
    style: int
    curves: SeedCurves


class Items(NamedTuple):
    """What shows it."""

    raw: pg.PlotDataItem
    smooth: pg.PlotDataItem


class SeedItems(NamedTuple):
    """What shows further seeds."""

    band: Band
    growing: pg.PlotDataItem
    """Those that have not come as far as the mean."""


def marks(count: int, colour: QColor, enlargement: float) -> dict[str, object]:
    """Return how pyqtgraph is told to mark ``count`` points: only where they are few; so much larger."""
    brush = {"symbolBrush": colour, "symbolPen": None, "symbolSize": MARK * enlargement}
    return {"symbol": "o" if count <= FEW else None, **brush}


def end_to_end(several: Sequence[Series]) -> tuple[np.ndarray, np.ndarray]:
    """Put curves one behind the other, with a gap between."""
    x = [value for series in several for value in (*series.x, np.nan)]
    y = [value for series in several for value in (*series.y, np.nan)]
    return np.array(x), np.array(y)


def smoothed(values: np.ndarray, share: float) -> np.ndarray:
    """Exponential mean of ``values`` ``(N,)``, without the pull of the first towards 0."""
    if not share or len(values) < 2:
        return values
    result = np.empty_like(values, dtype=float)
    mean = weight = 0.0
    for number, value in enumerate(values):
        mean, weight = share * mean + (1 - share) * value, share * weight + (1 - share)
        result[number] = mean / weight
    return result
