"""A plot of curves that grow while a run goes on."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kdstudio.gui.plots.legend import Legend
from kdstudio.gui.theme import Colours, Theme
from kdstudio.runs.curves import Series

STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
RAW_ALPHA = 80


class CurvePlot(QWidget):
    """Curves with a title, axes with units, a legend above, and an optional log axis."""

    def __init__(self, theme: Theme, title: str, x: str, y: str) -> None:
        """``x`` and ``y`` name the axes, with units."""
        super().__init__()
        self._theme = theme
        self._axes = {"bottom": x, "left": y}
        self._smoothing = 0.0
        self._series: dict[Hashable, tuple[str, int, Series]] = {}
        self._names: dict[Hashable, str] = {}
        self._drawn: dict[Hashable, int] = {}
        self._curves: dict[Hashable, tuple[pg.PlotDataItem, pg.PlotDataItem]] = {}
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setAccessibleName(title)
        self.plot.getPlotItem().setDownsampling(auto=True, mode="peak")
        self.plot.getPlotItem().setClipToView(True)
        self.plot.getViewBox().setDefaultPadding(0.03)
        self.legend = Legend()
        self.legend.toggled.connect(self._show_curve)
        self.heading = QLabel(title, objectName="heading")
        self.head = QHBoxLayout()
        self.head.addWidget(self.heading)
        self.head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(self.head)
        column.addWidget(self.legend)
        column.addWidget(self.plot, 1)
        theme.changed.connect(self._restyle)
        self._restyle()

    def clear(self) -> None:
        """Take every curve out and follow new ones automatically."""
        self.plot.clear()
        self.legend.clear()
        self._series, self._curves, self._drawn = {}, {}, {}
        self.plot.enableAutoRange()

    def show_series(self, key: Hashable, name: str, network: str, style: int, series: Series) -> None:
        """Draw ``series``; the network picks the colour, ``style`` the dashes."""
        before = self._series.get(key)
        known = before is not None and before[:2] == (network, style) and self._names[key] == name
        if known and self._drawn.get(key) == len(series.x):
            return
        self._series[key] = (network, style, series)
        self._drawn[key] = len(series.x)
        self._names[key] = name
        if key not in self._curves:
            antialias = self.devicePixelRatioF() < 1.5  # wider pens are slow with it, and do not need it
            raw, smooth = (self.plot.plot(antialias=antialias) for _ in range(2))
            self._curves[key] = (raw, smooth)
        self._draw(key)

    def set_log(self, log: bool) -> None:
        """Use a logarithmic y axis, or a linear one."""
        self.plot.setLogMode(y=log)

    def set_smoothing(self, share: float) -> None:
        """Smooth by an exponential mean that keeps ``share`` of the past; raw points stay visible."""
        self._smoothing = share
        for key in self._series:
            self._draw(key)

    def _draw(self, key: Hashable) -> None:
        network, style, series = self._series[key]
        raw, smooth = self._curves[key]
        x, y = np.asarray(series.x), np.asarray(series.y)
        pen = self._pen(network, style)
        value = f"  {y[-1]:.4g}" if len(y) else ""
        self.legend.show_entry(key, self._names[key] + value, pen)
        faint = QColor(pen.color())
        faint.setAlpha(RAW_ALPHA)
        raw.setData(x, y, pen=pg.mkPen(faint if self._smoothing else pen))
        smooth.setData(x, smoothed(y, self._smoothing), pen=pen)
        shown = self.legend.is_shown(key)
        raw.setVisible(shown)
        smooth.setVisible(shown and self._smoothing > 0)

    def _pen(self, network: str, style: int) -> QPen:
        width = round(self.devicePixelRatioF())  # pens are cosmetic: their width counts device pixels
        colour = self._theme.colours.of_network(network)
        return pg.mkPen(colour, width=width, style=STYLES[style % len(STYLES)])

    def _show_curve(self, key: Hashable, shown: bool) -> None:
        raw, smooth = self._curves[key]
        raw.setVisible(shown)
        smooth.setVisible(shown and self._smoothing > 0)

    def _restyle(self) -> None:
        dress(self.plot, self._theme.colours, self._axes)
        for key in self._series:
            self._draw(key)


def smoothed(values: np.ndarray, share: float) -> np.ndarray:
    """Exponential mean of ``values`` ``(N,)``, without the pull of the first towards 0."""
    if not share or len(values) < 2:
        return values
    result = np.empty_like(values, dtype=float)
    mean = weight = 0.0
    for number, value in enumerate(values):
        mean, weight = share * mean + (1 - share) * value, share * weight + (1 - share)
        result[number] = mean / weight
    return result


def dress(plot: pg.PlotWidget, colours: Colours, axes: dict[str, str]) -> None:
    """Give a plot the theme's colours and its axes their names."""
    plot.setBackground(colours["panel"])
    plot.showGrid(x=True, y=True, alpha=0.25)
    for name, text in axes.items():
        axis = plot.getAxis(name)
        axis.setPen(pg.mkPen(colours["grid"]))
        axis.setTextPen(pg.mkPen(colours["muted"]))
        if axis.autoSIPrefix:  # turning it off once the label is shown scales the ticks
            axis.enableAutoSIPrefix(False)
        axis.setLabel(text, color=colours["muted"])
        axis.setStyle(maxTickLevel=0)  # the grid at every small tick costs most of a redraw
