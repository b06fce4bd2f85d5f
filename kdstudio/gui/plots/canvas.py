"""Where a plot is drawn: the wheel is the page's, Ctrl+wheel zooms, dragging moves, a double-click resets."""

from __future__ import annotations

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)

from kdstudio.gui.plots.plain_plot import PlainPlot

Span = tuple[float, float]
LEAST_HEIGHT = 100
"""Pixels that no legend takes from it."""
DEEPEST = 1000
"""A zoomed view shows at least this part of the whole."""
FACTOR = 0.8
"""Of the view's width, by a step of the wheel or a key."""
WHEEL_STEP = 120
"""Eighths of a degree, as Qt counts them."""
KEY_MOVES = {
    Qt.Key.Key_Left: (-0.1, 0.0),
    Qt.Key.Key_Right: (0.1, 0.0),
    Qt.Key.Key_Up: (0.0, 0.1),
    Qt.Key.Key_Down: (0.0, -0.1),
}
KEY_ZOOMS = {
    Qt.Key.Key_Plus: FACTOR,
    Qt.Key.Key_Equal: FACTOR,
    Qt.Key.Key_Minus: 1 / FACTOR,
}
HELP = "Ctrl+wheel or + and − zoom; dragging and the arrow keys move; a double-click or 0 shows all again."


class Canvas(pg.PlotWidget):
    """Axes that stand at home until somebody zooms, and never show more than all."""

    enlargement = 1.0
    """How many times as large as usual letters, marks and distances are."""

    def __init__(self, **axes: pg.AxisItem) -> None:
        """At home is all that is drawn, until :meth:`set_home`; ``axes``: other than the usual ones."""
        super().__init__(plotItem=PlainPlot(axisItems=axes))
        self.hideButtons()
        self.setMouseEnabled(x=False, y=False)  # all that moves the view is here
        self.setMinimumHeight(LEAST_HEIGHT)
        self.setAccessibleDescription(HELP)
        self.is_zoomed = False
        self._home: list[Span | None] = [None, None]
        self._whole: list[Span] = [(0, 1), (0, 1)]
        self._held: QPointF | None = None

    def set_home(self, *, x: Span | None = None, y: Span | None = None) -> None:
        """Tell both ends of the axes, in their own units; None: wherever something is drawn.

        A view that is zoomed stays.
        """
        before, self._home = self._home, [x, y]
        if not self.is_zoomed and before != self._home:
            self.reset()

    def reset(self) -> None:
        """Show all again."""
        self.is_zoomed = False
        self.setCursor(Qt.CursorShape.ArrowCursor)
        for axis, span in enumerate(self._home):
            if span is None:
                self.getViewBox().enableAutoRange(axis)
            else:
                self._show(axis, span)

    def zoom(self, factor: float, middle: QPointF | None = None) -> None:
        """Show ``factor`` times as much around ``middle``, a place in the units of the axes."""
        spans = self._begin()
        at = middle or self.getViewBox().viewRect().center()
        wanted = []
        for span, whole, place in zip(spans, self._limits(), (at.x(), at.y()), strict=True):
            most = whole[1] - whole[0]
            width = min(max((span[1] - span[0]) * factor, most / DEEPEST), most)
            share = (place - span[0]) / (span[1] - span[0])
            wanted.append(within((place - share * width, place + (1 - share) * width), whole))
        if wanted == self._limits():
            self.reset()
        else:
            self._stand(wanted)

    def move_view(self, across: float, up: float) -> None:
        """Move by shares of what is seen, as far as there is anything; nothing moves until it is zoomed."""
        if self.is_zoomed:
            moved = [
                (low + share * (high - low), high + share * (high - low))
                for (low, high), share in zip(self._begin(), (across, up), strict=True)
            ]
            self._stand([within(span, whole) for span, whole in zip(moved, self._limits(), strict=True)])

    def enlarge(self, enlargement: float) -> None:
        """Draw everything so many times as large, but for cosmetic pens, whose width counts device pixels."""
        self.enlargement = enlargement
        self._fill()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Fill the room, in the size in force."""
        super().resizeEvent(event)
        if self.enlargement != 1:
            self._fill()

    def _fill(self) -> None:
        room = QRectF(0, 0, self.width() / self.enlargement, self.height() / self.enlargement)
        self.autoPixelRange = self.enlargement == 1
        # a plot's own method of that name is that of its axes
        pg.GraphicsView.setRange(self, room, padding=0, disableAutoPixel=False)

    def _begin(self) -> list[Span]:
        """Return what is seen; if it is all, remember that."""
        spans = [(low, high) for low, high in self.getViewBox().viewRange()]
        if not self.is_zoomed:
            self._whole = spans
        return spans

    def _limits(self) -> list[Span]:
        return [home or whole for home, whole in zip(self._home, self._whole, strict=True)]

    def _stand(self, spans: list[Span]) -> None:
        self.is_zoomed = True
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        for axis, span in enumerate(spans):
            self._show(axis, span)

    def _show(self, axis: int, span: Span) -> None:
        (self.setYRange if axis else self.setXRange)(*span, padding=0)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802
        """Zoom while Ctrl is held; else it is for what the plot stands in."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            place = self.getViewBox().mapSceneToView(self.mapToScene(event.position().toPoint()))
            self.zoom(FACTOR ** (event.angleDelta().y() / WHEEL_STEP), place)
            event.accept()
        else:
            event.ignore()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Hold the view where it is."""
        super().mousePressEvent(event)
        if event.button() is Qt.MouseButton.LeftButton:
            self._held = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Move what is held."""
        super().mouseMoveEvent(event)
        if self._held is not None and event.buttons() & Qt.MouseButton.LeftButton:
            by, seen = event.position() - self._held, self.getViewBox().sceneBoundingRect()
            self._held = event.position()
            down = -1 if self.getViewBox().yInverted() else 1
            self.move_view(-by.x() / seen.width(), down * by.y() / seen.height())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Let go."""
        super().mouseReleaseEvent(event)
        self._held = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802
        """Show all again."""
        super().mouseDoubleClickEvent(event)
        if event.button() is Qt.MouseButton.LeftButton:
            self.reset()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Do the same by keys."""
        key = Qt.Key(event.key())
        if key in KEY_ZOOMS and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoom(KEY_ZOOMS[key])
        elif key == Qt.Key.Key_0 and self.is_zoomed:
            self.reset()
        elif key in KEY_MOVES and self.is_zoomed:
            across, up = KEY_MOVES[key]
            self.move_view(across, -up if self.getViewBox().yInverted() else up)
        else:
            event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Frame the plot that the keys move."""
        super().paintEvent(event)
        if self.hasFocus():
            with QPainter(self.viewport()) as painter:
                painter.setPen(self.palette().highlight().color())
                painter.drawRect(self.viewport().rect().adjusted(0, 0, -1, -1))

    def focusInEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Show the frame."""
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802
        """Take it away."""
        super().focusOutEvent(event)
        self.viewport().update()


def within(span: Span, whole: Span) -> Span:
    """Move ``span`` into ``whole``, which is at least as long."""
    low = min(max(span[0], whole[0]), whole[1] - (span[1] - span[0]))
    return low, low + (span[1] - span[0])
