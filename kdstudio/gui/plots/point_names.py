"""Names at the points of a plot, each on a side where it covers no other and no step of a line.

A name is left out where there is no such side.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import QObject, QPointF, QRectF
from PySide6.QtGui import QColor

REACH = 7
"""Pixels between a point's middle and its name."""
CLEAR = 3
"""Pixels between the middle of a line and a name."""
GROUND_ALPHA = 170
SIDES = ((0, -1), (0, 1), (1, 0), (-1, 0), (1, -1), (-1, 1), (1, 1), (-1, -1))
"""Directions in which a name may stand, the most wanted first."""


class NamedPoint(NamedTuple):
    """Where a name belongs, in the units of the axes."""

    x: float
    y: float
    name: str


class PointNames(QObject):
    """Keeps the names apart while the plot is zoomed and resized."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        """No names yet."""
        super().__init__(plot)
        self._plot = plot
        self._labels: list[tuple[NamedPoint, pg.TextItem]] = []
        self._steps: Sequence[tuple[float, float]] = ()
        for moved in (plot.getViewBox().sigRangeChanged, plot.getViewBox().sigResized):
            moved.connect(self._place)

    def show(
        self,
        points: Sequence[NamedPoint],
        colour: str,
        ground: str,
        steps: Sequence[tuple[float, float]] = (),
    ) -> None:
        """Write ``points`` into a plot that has just been cleared; lines shine faintly through ``ground``.

        ``steps`` are the corners of a line that goes upright and level.
        """
        self._steps = steps
        faint = QColor(ground)
        faint.setAlpha(GROUND_ALPHA)
        self._labels = [(point, pg.TextItem(point.name, color=colour, fill=faint)) for point in points]
        for point, label in self._labels:
            label.setPos(point.x, point.y)
            self._plot.addItem(label, ignoreBounds=True)
        self._place()

    def _place(self, *_changed: object) -> None:
        view = self._plot.getViewBox()
        middles = [view.mapViewToScene(QPointF(point.x, point.y)) for point, _label in self._labels]
        taken = [QRectF(m.x() - REACH, m.y() - REACH, 2 * REACH, 2 * REACH) for m in middles]
        corners = [view.mapViewToScene(QPointF(*corner)) for corner in self._steps]
        for begin, end in pairwise(corners):
            taken.append(QRectF(begin, end).normalized().adjusted(-CLEAR, -CLEAR, CLEAR, CLEAR))
        names: list[QRectF] = []
        for middle, (_point, label) in zip(middles, self._labels, strict=True):
            place = place_for(middle, label.boundingRect(), taken, view.sceneBoundingRect())
            crowded = any(map(place.intersects, names))
            label.setVisible(not crowded)  # zooming in makes room
            if crowded:
                continue
            names.append(place)
            taken.append(place)
            size, corner = place.size(), middle - place.topLeft()
            label.setAnchor((corner.x() / size.width(), corner.y() / size.height()))


def place_for(middle: QPointF, size: QRectF, taken: Sequence[QRectF], room: QRectF) -> QRectF:
    """Find where a name lies freest beside a point: on no other, and within the plot."""
    width, height = size.width(), size.height()
    places = [
        QRectF(
            middle.x() + across * REACH - width * (1 - across) / 2,
            middle.y() + down * REACH - height * (1 - down) / 2,
            width,
            height,
        )
        for across, down in SIDES
    ]

    def covered(place: QRectF) -> float:
        own = width * height
        others = [place.intersected(other) for other in taken]
        within = place.intersected(room)
        return sum(r.width() * r.height() for r in others) + own - within.width() * within.height()

    return min(places, key=covered)
