"""A plot of curves that grow while a run goes on."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.curves import Series

STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
RAW_ALPHA = 80


class CurvePlot(PlotFrame):
    """Curves with a title, axes with units, a legend above, and an optional log axis."""

    def __init__(self, theme: Theme, title: str, x: str, y: str) -> None:
        """``x`` and ``y`` name the axes, with units."""
        super().__init__(theme, title)
        self._axes = {"bottom": x, "left": y}
        self._smoothing = 0.0
        self._series: dict[Hashable, tuple[Token, int, Series]] = {}
        self._names: dict[Hashable, str] = {}
        self._drawn: dict[Hashable, int] = {}
        self._curves: dict[Hashable, tuple[pg.PlotDataItem, pg.PlotDataItem]] = {}
        self.plot.getPlotItem().setDownsampling(auto=True, mode="peak")
        self.plot.getPlotItem().setClipToView(True)
        self.plot.getViewBox().setDefaultPadding(0.03)
        self.legend.toggled.connect(self._show_curve)
        theme.changed.connect(self._restyle)
        self._restyle()

    def clear(self) -> None:
        """Take every curve out and follow new ones automatically."""
        self.plot.clear()
        self.legend.clear()
        self._series, self._curves, self._drawn = {}, {}, {}
        self.plot.enableAutoRange()

    def show_series(self, key: Hashable, name: str, token: Token, style: int, series: Series) -> None:
        """Draw ``series``; the ``token`` picks the colour, ``style`` the dashes."""
        before = self._series.get(key)
        known = before is not None and before[:2] == (token, style) and self._names[key] == name
        if known and self._drawn.get(key) == len(series.x):
            return
        self._series[key] = (token, style, series)
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
        token, style, series = self._series[key]
        raw, smooth = self._curves[key]
        x, y = np.asarray(series.x), np.asarray(series.y)
        pen = self.pen(token, STYLES[style % len(STYLES)])
        value = f"  {y[-1]:.4g}" if len(y) else ""
        self.legend.show_entry(key, self._names[key] + value, pen)
        faint = QColor(pen.color())
        faint.setAlpha(RAW_ALPHA)
        raw.setData(x, y, pen=pg.mkPen(faint if self._smoothing else pen))
        smooth.setData(x, smoothed(y, self._smoothing), pen=pen)
        shown = self.legend.is_shown(key)
        raw.setVisible(shown)
        smooth.setVisible(shown and self._smoothing > 0)

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
