"""Names of classes along an axis: upright, turned, cut or thinned as there is room, never overlapping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import HoverEvent
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetrics, QPainter

LONGEST = 84
"""Pixels of a name, beside its row or turned below its column."""
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


def fit_columns(names: Sequence[str], metrics: QFontMetrics, step: float) -> Fitted:
    """Fit ``names``, maybe of several lines, below columns that are ``step`` pixels broad."""
    lines = [line for name in names for line in name.split("\n")]
    widest = max(map(metrics.horizontalAdvance, lines), default=0) + SPACE
    line = metrics.height()
    if widest <= max(step, SHORT * line):
        deepest = max((name.count("\n") for name in names), default=0)
        return Fitted(every(widest, step), turned=False, depth=(1 + deepest) * line)
    longest = max(metrics.horizontalAdvance(one_line(name)) for name in names)
    return Fitted(every(line, step), turned=True, depth=min(longest + SPACE, LONGEST))


def every(size: float, step: float) -> int:
    """One of how many has a place of ``size`` pixels where each has ``step``."""
    return max(1, -int(-size // max(step, 1e-6)))


def one_line(name: str) -> str:
    """``name`` without its line ends."""
    return " ".join(name.split("\n"))


def write_column(
    painter: QPainter, name: str, fitted: Fitted, middle: float, top: float, room: float
) -> None:
    """Write ``name`` below the column with that ``middle``, within ``room`` pixels if it is not turned."""
    if not fitted.turned:
        place = QRectF(middle - room / 2, top, room, fitted.depth)
        painter.drawText(place, ALIGNED["below"], name)
        return
    painter.save()
    painter.translate(middle, top)
    painter.rotate(-90)
    line = painter.fontMetrics().height()
    shown = painter.fontMetrics().elidedText(one_line(name), Qt.TextElideMode.ElideRight, fitted.depth)
    painter.drawText(QRectF(-fitted.depth, -line / 2, fitted.depth, line), ALIGNED["left"], shown)
    painter.restore()


def write_row(painter: QPainter, name: str, place: QRectF) -> None:
    """Write ``name`` beside its row, cut to the breadth of ``place``."""
    room = round(place.width())
    shown = painter.fontMetrics().elidedText(one_line(name), Qt.TextElideMode.ElideRight, room)
    painter.drawText(place, ALIGNED["left"], shown)


class ClassAxis(pg.AxisItem):
    """An axis with a name at each whole number from 0 on; the whole name is told where it is pointed at."""

    def __init__(self, orientation: str) -> None:
        """``orientation``: ``bottom`` or ``left``. No names yet."""
        super().__init__(orientation)
        self._names: Sequence[str] = ()
        self.setStyle(tickLength=0)
        self.setTicks([[]])

    def show_names(self, names: Sequence[str]) -> None:
        """Write ``names`` from now on."""
        self._names = names
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

    @property
    def _metrics(self) -> QFontMetrics:
        return QFontMetrics(self.font())

    def _make_room(self) -> None:
        if self._is_below:
            self.setHeight(fit_columns(self._names, self._metrics, self._step).depth + SPACE)
        else:
            widest = max((self._metrics.horizontalAdvance(one_line(n)) for n in self._names), default=0)
            self.setWidth(min(widest, LONGEST) + SPACE)
        self.picture = None
        self.update()

    def drawPicture(self, p: QPainter, *specs: object) -> None:  # noqa: N802
        """Draw the axis, then the names in sight."""
        super().drawPicture(p, *specs)
        p.setPen(self.textPen())
        p.setFont(self.font())
        for number, middle in self._in_sight():
            if self._is_below:
                fitted = fit_columns(self._names, self._metrics, self._step)
                write_column(p, self._names[number], fitted, middle, SPACE / 2, fitted.every * self._step)
            else:
                line, width = self._metrics.height(), self.size().width() - SPACE
                write_row(p, self._names[number], QRectF(0, middle - line / 2, width, line))

    def _in_sight(self) -> Iterator[tuple[int, float]]:
        """Yield the numbers of the names that are written, and where their middles are."""
        low, high = sorted(self.range)
        step = abs(self._step)
        below = fit_columns(self._names, self._metrics, step).every if self._is_below else 1
        for number in range(0, len(self._names), max(below, every(self._metrics.height(), step))):
            if low <= number <= high:
                yield number, self._place(number)

    def name_at(self, pixel: float) -> str:
        """Name of the class at ``pixel`` along the axis; nothing where there is none."""
        number = round(pixel / self._step + self.range[0 if self._is_below else 1])
        return one_line(self._names[number]) if 0 <= number < len(self._names) else ""

    def hoverEvent(self, event: HoverEvent) -> None:  # noqa: N802
        """Tell the whole name under the mouse."""
        place = event.lastPos() if event.isExit() else event.pos()
        self.setToolTip(self.name_at(place.x() if self._is_below else place.y()))
