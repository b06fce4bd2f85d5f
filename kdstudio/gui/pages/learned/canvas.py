"""A square to draw in with the mouse; it also shows the picture that was given instead."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from kdstudio.gui.pictures import enlarged
from kdstudio.gui.theme import Theme

SIDE = 260
STROKE = 20
"""Width of a stroke; as thick in a figure of this size as those of MNIST."""
RADIUS = 6


class Canvas(QWidget):
    """Bright strokes on black, or dark ones on white, as the data of the run are."""

    drawn = Signal()
    """Something was added to the strokes."""

    def __init__(self, theme: Theme) -> None:
        """Empty, and not to be drawn on until :meth:`allow`."""
        super().__init__()
        self._theme = theme
        self._hint = ""
        self._can_draw = self._on_light = False
        self._picture: np.ndarray | None = None
        self._last = QPointF()
        self._ink = QImage(SIDE, SIDE, QImage.Format.Format_Grayscale8)
        self._ink.fill(0)
        self.setFixedSize(SIDE, SIDE)
        self.setAccessibleName("Drawing, or the picture given")
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:  # noqa: N802
        """A square."""
        return QSize(SIDE, SIDE)

    def allow(self, hint: str, *, drawing: bool, on_light: bool) -> None:
        """Say what can be done here; the colours are those of what is drawn in the run's data."""
        self._hint, self._can_draw, self._on_light = hint, drawing, on_light
        self.setCursor(Qt.CursorShape.CrossCursor if drawing else Qt.CursorShape.ArrowCursor)
        self.update()

    @property
    def is_drawn(self) -> bool:
        """Tell whether there are strokes."""
        return bool(self.ink().any())

    def ink(self) -> np.ndarray:
        """Return the strokes: uint8 ``(SIDE, SIDE)``, bright on 0."""
        rows = np.frombuffer(self._ink.constBits(), np.uint8).reshape(SIDE, self._ink.bytesPerLine())
        return rows[:, :SIDE].copy()

    def clear(self) -> None:
        """Take strokes and picture away."""
        self._ink.fill(0)
        self._picture = None
        self.update()

    def show_picture(self, pixels: np.ndarray) -> None:
        """Show a picture, uint8 ``(H, W, C)``, instead of the strokes."""
        self.clear()
        self._picture = pixels

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Begin a stroke; a picture makes room."""
        if not self._can_draw or event.button() is not Qt.MouseButton.LeftButton:
            return
        if self._picture is not None:
            self.clear()
        self._last = event.position()
        self._draw_to(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Go on with it."""
        if self._can_draw and event.buttons() & Qt.MouseButton.LeftButton:
            self._draw_to(event.position())

    def _draw_to(self, place: QPointF) -> None:
        with QPainter(self._ink) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            round_ends = (Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
            painter.setPen(QPen(QColor("white"), STROKE, *round_ends))
            painter.drawLine(self._last, place + QPointF(0.01, 0))  # a click alone is a dot
        self._last = place
        self.update()
        self.drawn.emit()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Show picture or strokes, and what to do while there is neither."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._paint_ground(painter)
            if self._picture is not None:
                shown = enlarged(self._picture, SIDE, self.devicePixelRatioF())
                painter.drawPixmap(0, 0, shown)
            elif self.is_drawn:
                painter.drawPixmap(0, 0, self._strokes())
            else:
                self._paint_hint(painter)

    def _paint_ground(self, painter: QPainter) -> None:
        colours = self._theme.colours
        ground = ("white" if self._on_light else "black") if self._can_draw else colours["window"]
        painter.setBrush(QColor(ground))
        painter.setPen(QPen(QColor(colours["border"]), 1))
        painter.drawRoundedRect(QRectF(0.5, 0.5, SIDE - 1, SIDE - 1), RADIUS, RADIUS)

    def _strokes(self) -> QPixmap:
        shown = self._ink.copy()
        if self._on_light:
            shown.invertPixels()
        return QPixmap.fromImage(shown)

    def _paint_hint(self, painter: QPainter) -> None:
        is_grey = self._can_draw
        painter.setPen(QColor("#808080" if is_grey else self._theme.colours["muted"]))
        room = QRectF(20, 20, SIDE - 40, SIDE - 40)
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._hint)
