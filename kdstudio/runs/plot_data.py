"""The points of a plot as a table, for other programs to draw."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from kdstudio.runs.table_formats import TextTable

Place = float | str | None
"""A number, the name of a group, or nothing where a curve has no place on the axis."""


class PlotPoint(NamedTuple):
    """A point of a curve, or the end of a bar."""

    curve: str
    x: Place
    y: Place
    low: float | None = None
    """Where its band or its whisker begins; None where it has none."""
    high: float | None = None
    """Where that ends."""


def plot_table(x: str, y: str, points: Iterable[PlotPoint]) -> TextTable:
    """Return one row for each of ``points``: curve, x, y, and both ends of the band where some have one.

    ``x`` and ``y`` are the titles of the axes. Numbers are written so that they are read back exactly.
    """
    points = list(points)
    width = 5 if any(point.low is not None for point in points) else 3
    rows = [tuple(map(_written, point))[:width] for point in points]
    head = ("curve", x or "x", y or "y", "low", "high")[:width]
    return TextTable("", head, rows, "lrrrr"[:width])


def _written(value: Place) -> str:
    return "" if value is None else value if isinstance(value, str) else repr(float(value))
