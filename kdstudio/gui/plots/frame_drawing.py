"""A plot with its title and its legend, painted on anything: a picture is as the window shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen

from kdstudio.gui.plots.legend import SWATCH, Legend, draw_swatch
from kdstudio.gui.saving.drawings import Drawing
from kdstudio.gui.theme import Theme

MARGIN, GAP = 12, 14
TITLE_SIZE = 14
"""Pixels, as in the style sheet."""
LEAST = QSize(320, 200)
"""Of a plot that has never been shown."""


def plot_drawing(theme: Theme, title: str, legend: Legend, plot: pg.PlotWidget) -> Drawing:
    """Return ``plot`` below its ``title`` and the entries of its ``legend`` that are shown."""
    size = plot.size().expandedTo(LEAST)
    metrics = plot.fontMetrics()
    places = flowed([text for text, _ in legend.entries()], metrics, size.width())
    head = 2 * metrics.height() if title else MARGIN
    lines = 1 + max((row for row, _ in places), default=-1)
    top = head + lines * (metrics.height() + 4) + 4
    height = top + size.height() + MARGIN

    def paint(painter: QPainter) -> None:
        painter.setFont(_bold(plot.font()))
        painter.setPen(QColor(theme.colours["text"]))
        painter.drawText(QPointF(MARGIN, MARGIN + metrics.ascent()), title)
        painter.setFont(plot.font())
        for (text, pen), (row, x) in zip(legend.entries(), places, strict=True):
            middle = head + (row + 0.5) * (metrics.height() + 4)
            draw_swatch(painter, QPointF(MARGIN + x, middle), pen)
            painter.setPen(QColor(theme.colours["text"]))
            below = middle + (metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(MARGIN + x + SWATCH.width(), below), text)
        place = QRectF(QPointF(MARGIN, top), size.toSizeF())
        with _as_broad_as_seen(plot, painter):
            plot.render(painter, place, plot.viewport().rect(), Qt.AspectRatioMode.IgnoreAspectRatio)

    return Drawing(QSize(size.width() + 2 * MARGIN, height), theme.colours["panel"], paint)


def _bold(font: QFont) -> QFont:
    made = QFont(font)
    made.setPixelSize(TITLE_SIZE)
    made.setWeight(QFont.Weight.DemiBold)
    return made


def flowed(texts: Sequence[str], metrics: QFontMetrics, width: int) -> list[tuple[int, int]]:
    """Place a legend's entries as words are set: line and distance from the left of each."""
    places: list[tuple[int, int]] = []
    row = x = 0
    for text in texts:
        own = SWATCH.width() + metrics.horizontalAdvance(text)
        if x and x + own > width:
            row, x = row + 1, 0
        places.append((row, x))
        x += own + GAP
    return places


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
