"""Curves against the temperature, with a marker at the one that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QGraphicsItem

from kdstudio.gui.plots.frame import DOT, PlotFrame, curve_points, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.plot_data import PlotPoint

TICKS = (0.5, 1, 2, 5, 10, 20, 50)
CACHED = QGraphicsItem.CacheMode.DeviceCoordinateCache
"""What stands still is kept as pixels, so that only the marker is drawn anew when it moves."""
BROAD = 3
BROAD_ALPHA = 130


@dataclass(frozen=True)
class Line:
    """One curve: its name, whose colour it has, its values, and how it is drawn."""

    name: str
    of: Token
    values: Sequence[float]
    dash: Qt.PenStyle = Qt.PenStyle.SolidLine
    broad: bool = False
    """Broad and pale, so that a curve that lies on it is seen to."""


class TemperatureCurves(PlotFrame):
    """Values at each temperature, which has a log axis."""

    def __init__(self, theme: Theme, title: str, y: str, *, log: bool = False) -> None:
        """``y`` names the axis, with its unit; ``log`` makes it logarithmic too."""
        super().__init__(theme, title)
        self._y = y
        self._lines: list[Line] = []
        self._curves: dict[str, pg.PlotDataItem] = {}
        self._temperatures: Sequence[float] = ()
        self._marked = 1.0
        self._log = log
        self.plot.setLogMode(x=True, y=log)
        self.plot.set_home(x=(log10(TICKS[0]) - 0.08, log10(TICKS[-1]) + 0.08))
        self.plot.getAxis("bottom").setTicks([[(log10(t), f"{t:g}") for t in TICKS]])
        for name in ("bottom", "left"):
            self.plot.getAxis(name).setCacheMode(CACHED)
        self.marker = pg.InfiniteLine(angle=90)
        self.dots = pg.ScatterPlotItem()
        for item in (self.marker, self.dots):
            self.plot.addItem(item, ignoreBounds=True)
        self.legend.toggled.connect(self._show_line)
        self._restyle()

    def show_lines(self, temperatures: Sequence[float], lines: list[Line]) -> None:
        """Draw ``lines``, the first lowest."""
        for curve in self._curves.values():
            self.plot.removeItem(curve)
        self.legend.clear()
        self._lines, self._temperatures = lines, temperatures
        self._curves = {
            line.name: self.plot.plot(np.asarray(temperatures), np.asarray(line.values), antialias=True)
            for line in lines
        }
        for item in self._curves.values():
            item.curve.setCacheMode(CACHED)
        self._restyle()

    def points(self) -> list[PlotPoint]:
        """All points of the lines that are shown."""
        found = []
        for name, item in self._curves.items():
            if self.legend.is_shown(name):
                found += curve_points(name, *item.getOriginalDataset())
        return found

    def mark(self, temperature: float) -> None:
        """Move the marker, and a dot along each line."""
        self._marked = temperature
        self.marker.setValue(log10(temperature))
        shown = [line for line in self._lines if self.legend.is_shown(line.name)]
        heights = [self._height(line) for line in shown]
        brushes = [self._theme.colours.of(line.of) for line in shown]
        x = [log10(temperature)] * len(shown)
        self.dots.setData(x=x, y=heights, brush=brushes, pen=None, size=DOT * self.enlargement)

    def _height(self, line: Line) -> float:
        """Where ``line`` is at the temperature that is marked, on its axis."""
        values = np.log10(line.values) if self._log else line.values
        return float(np.interp(log10(self._marked), np.log10(self._temperatures), values))

    def _show_line(self, name: str, shown: bool) -> None:
        self._curves[name].setVisible(shown)
        self.mark(self._marked)

    def _restyle(self) -> None:
        colours = self._theme.colours
        dress(self.plot, colours, {"bottom": "temperature T", "left": self._y})
        self.marker.setPen(pg.mkPen(colours["muted"], width=self.thin))
        for line in self._lines:
            pen = self._pen(line)
            self._curves[line.name].setPen(pen)
            self.legend.show_entry(line.name, line.name, pen)
        self.mark(self._marked)

    def _pen(self, line: Line) -> QPen:
        pen = self.pen(line.of, line.dash)
        if line.broad:
            pale = QColor(pen.color())
            pale.setAlpha(BROAD_ALPHA)
            pen.setColor(pale)
            pen.setWidth(BROAD * pen.width())
        return pen
