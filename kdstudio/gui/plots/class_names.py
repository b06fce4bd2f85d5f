"""Names of classes along an axis: upright, turned, cut or thinned as there is room, never overlapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import HoverEvent
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

LONGEST = 84
"""Pixels of a name, beside its row or turned below its column."""
SHARE, LEAST = 0.3, 40
"""Of the height of a plot, and pixels at least, that turned names take."""
SPACE = 6
SHORT = 3
"""Names of at most so many lines' height in width, like numbers, are thinned rather than turned."""
ALIGNED = {
    "left": Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
    "below": Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop,
}


class Fitted(NamedTuple):
    """How names are written below columns."""

    every: int
    """One of so many is named."""
    turned: bool
    """They are read from below."""
    depth: int
    """Pixels that they take below the axis."""


def fit_columns(names: Sequence[str], metrics: QFontMetrics, step: float, height: float) -> Fitted:
    """Fit ``names``, maybe of several lines, below columns that are ``step`` pixels broad.

    Turned ones take a part of the plot's ``height`` at most.
    """
    widths = [max(map(metrics.horizontalAdvance, name.split("\n"))) + SPACE for name in names]
    widest, line = max(widths, default=0), metrics.height()
    beside = all(a + b <= 2 * step for a, b in pairwise(widths))  # a long name between short ones has room
    if beside or widest <= SHORT * line:
        deepest = max((name.count("\n") for name in names), default=0)
        return Fitted(1 if beside else every(widest, step), turned=False, depth=(1 + deepest) * line)
    longest = max(metrics.horizontalAdvance(one_line(name)) for name in names)
    return Fitted(every(line, step), turned=True, depth=min(longest + SPACE, most_of(height)))


def most_of(height: float) -> int:
    """Pixels of a turned name in a plot of that ``height``."""
    return min(LONGEST, max(round(SHARE * height), LEAST))


def every(size: float, step: float) -> int:
    """One of how many has a place of ``size`` pixels where each has ``step``."""
    return max(1, -int(-size // max(step, 1e-6)))


def one_line(name: str) -> str:
    """``name`` without its line ends."""
    return " ".join(name.split("\n"))


def write_column(painter: QPainter, name: str, fitted: Fitted, middle: float, top: float) -> None:
    """Write ``name`` below the column with that ``middle``."""
    if not fitted.turned:
        place = QRectF(middle - LONGEST, top, 2 * LONGEST, fitted.depth)
        painter.drawText(place, ALIGNED["below"] | Qt.TextFlag.TextDontClip, name)
        return
    painter.save()
    painter.translate(middle, top)
    painter.rotate(-90)
    line = painter.fontMetrics().height()
    shown = painter.fontMetrics().elidedText(one_line(name), Qt.TextElideMode.ElideRight, fitted.depth)
    painter.drawText(QRectF(-fitted.depth, -line / 2, fitted.depth, line), ALIGNED["left"], shown)
    painter.restore()


def write_row(painter: QPainter, name: str, place: QRectF) -> None:
    """Write ``name`` at the right of ``place``, beside its row."""
    shown = painter.fontMetrics().elidedText(one_line(name), Qt.TextElideMode.ElideRight, LONGEST)
    painter.drawText(place, ALIGNED["left"], shown)


class ClassAxis(pg.AxisItem):
    """An axis with a name at each whole number from 0 on; the whole name is told where it is pointed at."""

    def __init__(self, orientation: str) -> None:
        """``orientation``: ``bottom`` or ``left``. No names yet."""
        super().__init__(orientation)
        self.names: Sequence[str] = ()
        """Of the classes, from 0 on."""
        self.setStyle(tickLength=0)
        self.setTicks([[]])

    def show_names(self, names: Sequence[str]) -> None:
        """Write ``names`` from now on."""
        self.names = names
        self._make_room()

    def linkedViewChanged(self, view: pg.ViewBox, *span: object) -> None:  # noqa: N802
        """Make room for the names whenever the view has another size or range."""
        super().linkedViewChanged(view, *span)
        self._make_room()

    @property
    def _step(self) -> float:
        """Pixels from one name to the next; negative where numbers grow towards the top."""
        first, last = self.range
        return (
            self.size().width() / (last - first) if self._is_below else self.size().height() / (first - last)
        )

    @property
    def _is_below(self) -> bool:
        return self.orientation == "bottom"

    def _place(self, number: int) -> float:
        """Pixels from the left, or from the top."""
        return (number - self.range[0 if self._is_below else 1]) * self._step

    def _fitted(self) -> Fitted:
        return fit_columns(self.names, self._metrics, self._step, self.parentItem().size().height())

    @property
    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self.font())

    def _make_room(self) -> None:
        if self._is_below:
            self.setHeight(self._fitted().depth + SPACE)
        else:
            widest = max((self._metrics.horizontalAdvance(one_line(n)) for n in self.names), default=0)
            self.setWidth(min(widest, LONGEST) + 2 * SPACE)
        self.picture = None
        self.update()

    def drawPicture(self, p: QPainter, *specs: object) -> None:  # noqa: N802
        """Draw the axis, then the names in sight."""
        super().drawPicture(p, *specs)
        p.setPen(self.textPen())
        p.setFont(self.font())
        for number, middle in self._in_sight():
            if self._is_below:
                write_column(p, self.names[number], self._fitted(), middle, SPACE / 2)
            else:
                line, width = self._metrics.height(), self.size().width() - SPACE
                write_row(p, self.names[number], QRectF(0, middle - line / 2, width, line))

    def _in_sight(self) -> Iterator[tuple[int, float]]:
        """Yield the numbers of the names that are written, and where their middles are."""
        low, high = sorted(self.range)
        step = self._fitted().every if self._is_below else every(self._metrics.height(), abs(self._step))
        for number in range(0, len(self.names), step):
            if low <= number <= high:
                yield number, self._place(number)

    def name_at(self, pixel: float) -> str:
        """Name of the class at ``pixel`` along the axis; nothing where there is none."""
        number = round(pixel / self._step + self.range[0 if self._is_below else 1])
        return one_line(self.names[number]) if 0 <= number < len(self.names) else ""

    def hoverEvent(self, event: HoverEvent) -> None:  # noqa: N802
        """Tell the whole name under the mouse."""
        place = event.lastPos() if event.isExit() else event.pos()
        self.setToolTip(self.name_at(place.x() if self._is_below else place.y()))
