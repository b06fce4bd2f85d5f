"""A square matrix of probabilities as shades, with a scale beside it and values under the mouse."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QImage,
    QKeyEvent,
    QLinearGradient,
    QMouseEvent,
    QPainter,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy

from kdstudio.gui.plots.class_names import (
    LONGEST,
    every,
    fit_columns,
    one_line,
    write_column,
    write_row,
)
from kdstudio.gui.plots.frame_drawing import Heading, framed
from kdstudio.gui.plots.presented import Painted
from kdstudio.gui.saving.content import Content
from kdstudio.gui.saving.drawings import Drawing, Layer
from kdstudio.gui.saving.saving import Saving
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.table_formats import TextTable

SCALE_WIDTH = 10
SPACE = 6
AT_SCALE = "0.065"
"""The broadest of what stands there."""
SHARP = 2
"""Pixels of the shades to one of the widget."""
STEPS = {
    Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
    Qt.Key.Key_Left: (0, -1),
    Qt.Key.Key_Right: (0, 1),
}


class MatrixPlot(Painted):
    """Rows are true classes, columns the classes answered."""

    pointed_at = Signal(object)
    """Row and column under the mouse or the arrow keys, or None."""
    chosen = Signal(object)
    """Row and column clicked, or where Enter was pressed; of a class's name the row, and None."""

    def __init__(self, theme: Theme, title: str) -> None:
        """Empty until :meth:`show_matrix`."""
        super().__init__()
        self._theme = theme
        self._names: Sequence[str] = ()
        self._values = np.zeros((0, 0))
        self._token: Token = "teacher"
        self._title = title
        self.setAccessibleName(title)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.saving = Saving(self, self.content)
        self.saving.answer_right_clicks(self)
        self._current = (0, 0)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.redrawn)

    @property
    def title(self) -> str:
        """What is drawn."""
        return self._title

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Small, yet readable."""
        return QSize(200, 160)

    def show_matrix(self, names: Sequence[str], values: np.ndarray, token: Token) -> None:
        """Draw ``values`` ``(K, K)`` in the colour of ``token``; NaN leaves a cell empty."""
        if len(names) != len(self._names):
            self._current = (0, 0)
        self._names, self._values, self._token = names, values, token
        self.redrawn.emit()

    def content(self) -> Content:
        """What is drawn now; its table is the matrix with the names of the classes."""
        return Content(self._title, lambda: [self._table()], self._drawing, ("csv",))

    def _table(self) -> TextTable:
        rows = [
            [name, *("" if np.isnan(value) else repr(float(value)) for value in row)]
            for name, row in zip(self._names, self._values, strict=True)
        ]
        return TextTable("", ["true class", *self._names], rows, "l" + "r" * len(self._names))

    def _drawing(self) -> Drawing:
        return framed(
            self._theme,
            Heading(self._theme, self._title, (), self),
            self.size(),
            Layer(partial(self.draw, size=self.size())),
        )

    @property
    def largest(self) -> float:
        """The value of the darkest cell, where the scale ends; 1 where nothing is above 0."""
        known = self._values[np.isfinite(self._values)]
        return float(known.max(initial=0.0)) or 1.0

    def square(self, size: QSize | None = None) -> QRectF:
        """Where the cells are, here or in a place of that ``size``."""
        room = size or self.size()
        metrics = self.fontMetrics()
        line = metrics.height()
        widest = max((metrics.horizontalAdvance(name) for name in self._names), default=0)
        left = line + SPACE + min(widest, LONGEST) + SPACE
        top = line / 2  # names are higher than rows of many classes
        width, height = room.width() - left - self._scale_room, room.height() - top - line - 2 * SPACE
        cell = min(width, height) / max(len(self._names), 1)
        deepest = fit_columns(self._names, metrics, cell, room.height()).depth
        side = max(min(width, height - deepest), 1)
        return QRectF(left + (width - side) / 2, top, side, side)

    @property
    def _scale_room(self) -> float:
        return 3 * SPACE + SCALE_WIDTH + self.fontMetrics().horizontalAdvance(AT_SCALE)

    def cell_at(self, place: QPointF) -> tuple[int, int] | None:
        """Row and column of the cell at ``place``."""
        square, count = self.square(), len(self._names)
        if not count or not square.contains(place):
            return None
        row, column = (
            int(offset / square.width() * count)
            for offset in (place.y() - square.y(), place.x() - square.x())
        )
        return min(row, count - 1), min(column, count - 1)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Tell which cell is pointed at."""
        cell = self.cell_at(event.position())
        self.setToolTip(self._spoken(*cell) if cell else "")
        self.pointed_at.emit(cell)

    def _spoken(self, row: int, column: int) -> str:
        """``cat as dog: 0.12``, with the whole names."""
        value = self._values[row, column]
        told = "" if np.isnan(value) else f": {at_scale(value)}"
        return f"{one_line(self._names[row])} as {one_line(self._names[column])}{told}"

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Choose a cell, or the row of the name at its left."""
        place = event.position()
        if cell := self.cell_at(place):
            self._choose(*cell)
        elif place.x() < self.square().x() and (cell := self.cell_at(QPointF(self.square().x(), place.y()))):
            self.chosen.emit((cell[0], None))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Move with the arrow keys, choose with Enter."""
        key, last = Qt.Key(event.key()), len(self._names) - 1
        if key in STEPS and last >= 0:
            places = zip(self._current, STEPS[key], strict=True)
            row, column = (min(max(at + step, 0), last) for at, step in places)
            self._current = row, column
            self.pointed_at.emit(self._current)
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and last >= 0:
            self._choose(*self._current)
        else:
            super().keyPressEvent(event)

    def _choose(self, row: int, column: int) -> None:
        self._current = row, column
        self.chosen.emit(self._current)
        self.update()

    def leaveEvent(self, event: object) -> None:  # noqa: N802
        """Tell that none is."""
        self.pointed_at.emit(None)

    def draw(self, painter: QPainter, size: QSize) -> None:
        """Draw the same with any painter, into a place of that ``size``."""
        if len(self._names):
            painter.setFont(self.font())
            square = self.square(size)
            side = SHARP * max(round(square.width()), 1)  # painters of files would blur the cells
            painter.drawImage(square, self._shades().scaled(side, side))
            painter.setPen(QColor(self._theme.colours["border"]))
            painter.drawRect(square)
            self._draw_names(painter, square, size)
            self._draw_scale(painter, square)
            if self.hasFocus():
                self._draw_current(painter, square)

    def _draw_current(self, painter: QPainter, square: QRectF) -> None:
        """Frame the cell that Enter would choose."""
        side = square.width() / len(self._names)
        row, column = self._current
        painter.setPen(QPen(QColor(self._theme.colours["accent"]), 2))
        painter.drawRect(QRectF(square.x() + column * side, square.y() + row * side, side, side))

    def _shades(self) -> QImage:
        """One pixel for each cell."""
        colours = self._theme.colours
        low, high = (np.array(QColor(c).getRgb()[:3]) for c in (colours["panel"], colours.of(self._token)))
        share = np.nan_to_num(self._values / self.largest)[..., np.newaxis]
        pixels = np.ascontiguousarray((low + share * (high - low)).round().astype(np.uint8))
        count = len(self._names)
        return QImage(pixels.data, count, count, 3 * count, QImage.Format.Format_RGB888).copy()

    def _draw_names(self, painter: QPainter, square: QRectF, size: QSize) -> None:
        metrics, count = self.fontMetrics(), len(self._names)
        line, cell = metrics.height(), square.width() / count
        painter.setPen(QColor(self._theme.colours["muted"]))
        left = square.x() - SPACE - LONGEST
        for number in range(0, count, every(line, cell)):
            middle = square.y() + (number + 0.5) * cell
            write_row(painter, self._names[number], QRectF(left, middle - line / 2, LONGEST, line))
        below = fit_columns(self._names, metrics, cell, size.height())
        for number in range(0, count, below.every):
            middle = square.x() + (number + 0.5) * cell
            write_column(painter, self._names[number], below, middle, square.bottom() + 2)
        under = QRectF(square.x(), square.bottom() + below.depth + SPACE, square.width(), line)
        painter.drawText(under, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, "class answered")
        painter.save()
        widest = max(metrics.horizontalAdvance(name) for name in self._names)
        painter.translate(square.x() - SPACE - min(widest, LONGEST) - SPACE, square.center().y())
        painter.rotate(-90)
        painter.drawText(
            QRectF(-square.height() / 2, -line, square.height(), line),
            Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip,
            "true class",
        )
        painter.restore()

    def _draw_scale(self, painter: QPainter, square: QRectF) -> None:
        colours = self._theme.colours
        strip = QRectF(square.right() + 2 * SPACE, square.y(), SCALE_WIDTH, square.height())
        shade = QLinearGradient(strip.bottomLeft(), strip.topLeft())
        shade.setColorAt(0, QColor(colours["panel"]))
        shade.setColorAt(1, QColor(colours.of(self._token)))
        painter.fillRect(strip, shade)
        painter.setPen(QPen(QColor(colours["border"])))
        painter.drawRect(strip)
        painter.setPen(QColor(colours["muted"]))
        line = self.fontMetrics().height()
        for share in (0.0, 0.5, 1.0):
            y = min(max(strip.bottom() - share * strip.height() - line / 2, strip.y()), strip.bottom() - line)
            place = QRectF(strip.right() + SPACE, y, self._scale_room, line)
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, at_scale(share * self.largest))


def at_scale(value: float) -> str:
    """``0.25``, ``1,234``: no more digits than there is room for."""
    return f"{value:.2g}" if value < 10 else f"{value:,.0f}"
