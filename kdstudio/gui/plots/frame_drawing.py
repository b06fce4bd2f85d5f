"""A plot with its title and its legend, painted on anything: a picture is as the window shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QWidget

from kdstudio.gui.plots.legend import SWATCH, draw_swatch, in_lines
from kdstudio.gui.saving.drawings import Drawing, Layer
from kdstudio.gui.theme import Theme

MARGIN, GAP, BELOW_LINE = 12, 14, 4
TITLE_SIZE = 14
"""Pixels, as in the style sheet."""
Entry = tuple[str, QPen]
"""Text and pen of an entry of a legend."""
EXPORT = {"antialias": True, "resolutionScale": 1.0}
"""Tells pyqtgraph to draw points as shapes: what it keeps for the screen are pixels."""


class Heading:
    """Title and legend above a picture of ``widget``, painted in its font."""

    def __init__(self, theme: Theme, title: str, entries: Sequence[Entry], widget: QWidget) -> None:
        """Place the entries line by line, as broad as the widget is."""
        self._colour, self._title, self._entries = theme.colours["text"], title, entries
        self._font, self._metrics = widget.font(), widget.fontMetrics()
        self._line = self._metrics.height() + BELOW_LINE
        self._places = flowed([text for text, _ in entries], self._metrics, widget.width())
        self._below_title = MARGIN + (self._line + BELOW_LINE if title else 0)

    @property
    def height(self) -> int:
        """Where the picture begins."""
        return self._below_title + self._line * (1 + max((row for row, _ in self._places), default=-1))

    def paint(self, painter: QPainter) -> None:
        """Draw it."""
        painter.setPen(QColor(self._colour))
        painter.setFont(_bold(self._font))
        painter.drawText(QPointF(MARGIN, MARGIN + self._metrics.ascent()), self._title)
        painter.setFont(self._font)
        for (text, pen), (row, x) in zip(self._entries, self._places, strict=True):
            middle = self._below_title + (row + 0.5) * self._line
            draw_swatch(painter, QPointF(MARGIN + x, middle), pen)
            painter.setPen(QColor(self._colour))
            base = middle + (self._metrics.ascent() - self._metrics.descent()) / 2
            painter.drawText(QPointF(MARGIN + x + SWATCH.width(), base), text)


def _bold(font: QFont) -> QFont:
    made = QFont(font)
    made.setPixelSize(TITLE_SIZE)
    made.setWeight(QFont.Weight.DemiBold)
    return made


def flowed(texts: Sequence[str], metrics: QFontMetrics, width: int) -> list[tuple[int, int]]:
    """Place a legend's entries as words are set: line and distance from the left of each."""
    return in_lines([SWATCH.width() + metrics.horizontalAdvance(text) for text in texts], width, GAP)


def framed(theme: Theme, heading: Heading, size: QSize, *layers: Layer) -> Drawing:
    """Put what ``layers`` paint, of ``size``, below ``heading``."""
    top = heading.height
    whole = QSize(size.width() + 2 * MARGIN, top + size.height() + MARGIN)
    moved = [_moved(layer, QPointF(MARGIN, top)) for layer in layers]
    return Drawing(whole, theme.colours["panel"], [Layer(heading.paint), *moved])


def _moved(layer: Layer, by: QPointF) -> Layer:
    def paint(painter: QPainter) -> None:
        painter.translate(by)
        layer.paint(painter)

    return Layer(paint, layer.clip.translated(by) if layer.clip is not None else None)


def plot_drawing(theme: Theme, title: str, entries: Sequence[Entry], plot: pg.PlotWidget) -> Drawing:
    """Return ``plot`` below its title and legend: the axes, and above them what is drawn within them."""
    view, item = plot.getViewBox(), plot.getPlotItem()
    axes = [item.getAxis(name) for name in item.axes]
    within = plot.mapFromScene(view.sceneBoundingRect()).boundingRect().toRectF()
    layers = (_layer(plot, [view.childGroup]), _layer(plot, axes, within))
    return framed(theme, Heading(theme, title, entries, plot), plot.viewport().size(), *layers)


def _layer(plot: pg.PlotWidget, without: Sequence[QGraphicsItem], clip: QRectF | None = None) -> Layer:
    def paint(painter: QPainter) -> None:
        place = plot.viewport().rect()
        with ExitStack() as stack:
            stack.enter_context(_as_shapes(plot))
            stack.enter_context(_unseen(plot, without))
            stack.enter_context(_as_broad_as_seen(plot, painter))
            plot.render(painter, place.toRectF(), place, Qt.AspectRatioMode.IgnoreAspectRatio)

    return Layer(paint, clip)


@contextmanager
def _unseen(plot: pg.PlotWidget, items: Sequence[QGraphicsItem]) -> Iterator[None]:
    """Leave ``items`` out, and the ground behind the plot."""
    ground = plot.backgroundBrush()
    plot.setBackgroundBrush(Qt.BrushStyle.NoBrush)
    for item in items:
        item.setOpacity(0)
    try:
        yield
    finally:
        for item in items:
            item.setOpacity(1)
        plot.setBackgroundBrush(ground)


@contextmanager
def _as_shapes(plot: pg.PlotWidget) -> Iterator[None]:
    """Draw nothing from pixels that were kept for the screen."""
    items = plot.scene().items()
    caches = [item.cacheMode() for item in items]
    exporting = [item for item in items if isinstance(item, pg.GraphicsItem)]
    for item in items:
        item.setCacheMode(QGraphicsItem.CacheMode.NoCache)
    for item in exporting:
        item.setExportMode(True, EXPORT)
    try:
        yield
    finally:
        for item in exporting:
            item.setExportMode(False)
        for item, mode in zip(items, caches, strict=True):
            item.setCacheMode(mode)


@contextmanager
def _as_broad_as_seen(plot: pg.PlotWidget, painter: QPainter) -> Iterator[None]:
    """Make the curves' pens, whose width counts device pixels, as broad on ``painter`` as in the window."""
    factor = painter.device().devicePixelRatio() / plot.devicePixelRatioF()
    pens = {id(pen): pen for item in plot.scene().items() for pen in _pens(item)}
    widths = {key: pen.widthF() for key, pen in pens.items()}
    for key, pen in pens.items():
        pen.setWidthF(max(widths[key], 1) * factor)
    try:
        yield
    finally:
        for key, pen in pens.items():
            pen.setWidthF(widths[key])


def _pens(item: object) -> Iterator[QPen]:
    """Yield the pens that ``item`` paints lines with."""
    found = (item.opts.get("pen"),) if isinstance(item, pg.PlotCurveItem | pg.ErrorBarItem) else ()
    if isinstance(item, pg.InfiniteLine):
        found = (item.currentPen,)
    yield from (pen for pen in found if isinstance(pen, QPen) and pen.isCosmetic())
