"""Accuracy against temperature: a curve with the spread over seeds for every kind of student."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from kdstudio.gui.plots.curves import STYLES
from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.sweep import Setting, Spread

BAND_ALPHA = 46
POINT = 7


class SweepPlot(PlotFrame):
    """Means over the seeds with a band of one standard deviation; labels alone as level lines."""

    def __init__(self, theme: Theme, title: str, y: str) -> None:
        """``y`` names the axis, with its unit."""
        super().__init__(theme, title)
        self._axes = {"bottom": "temperature T (logarithmic)", "left": y}
        self._students: Mapping[str, Mapping[Setting, Spread]] = {}
        self._names: Mapping[str, str] = {}
        self.plot.setLogMode(x=True)
        self.legend.toggled.connect(self._draw)
        theme.changed.connect(self._draw)
        self._draw()

    def show_students(
        self, students: Mapping[str, Mapping[Setting, Spread]], names: Mapping[str, str] | None = None
    ) -> None:
        """Draw accuracies 0 to 1 by role and setting; ``names`` says more of a role (its architecture)."""
        if students.keys() != self._students.keys():
            self.legend.clear()
        self._students = {role: dict(spreads) for role, spreads in students.items()}
        self._names = names or {}
        self._draw()

    def _draw(self) -> None:
        self.plot.clear()
        dress(self.plot, self._theme.colours, self._axes)
        temperatures = sorted(
            {s.temperature for spreads in self._students.values() for s in spreads if not s.is_baseline}
        )
        ticks = [(float(np.log10(t)), f"{t:g}") for t in temperatures]
        self.plot.getAxis("bottom").setTicks([ticks])
        for role, spreads in self._students.items():
            alphas = sorted({setting.alpha for setting in spreads if not setting.is_baseline})
            for style, alpha in enumerate(alphas):
                name = " ".join(filter(None, (role, self._names.get(role, ""))))
                name += f" α = {alpha:g}" if len(alphas) > 1 else ""
                self._draw_curve(role, name, style, {s: v for s, v in spreads.items() if s.alpha == alpha})
            for setting, spread in spreads.items():
                if setting.is_baseline:
                    self._draw_level(role, spread)

    def _draw_curve(self, role: str, name: str, style: int, points: Mapping[Setting, Spread]) -> None:
        colour = QColor(self._theme.colours.of_network(role))
        pen = self.pen(role, STYLES[style % len(STYLES)])
        key = (role, style)
        self.legend.show_entry(key, name, pen)
        if not self.legend.is_shown(key):
            return
        x = np.log10([setting.temperature for setting in points])
        means = 100 * np.array([spread.mean for spread in points.values()])
        spread = 100 * np.array([spread.deviation for spread in points.values()])
        faint = QColor(colour)
        faint.setAlpha(BAND_ALPHA)
        edges = [pg.PlotCurveItem(x, means + side * spread, pen=None) for side in (-1, 1)]
        self.plot.addItem(pg.FillBetweenItem(*edges, brush=faint))
        self.plot.plot(
            10**x, means, pen=pen, symbol="o", symbolSize=POINT, symbolBrush=colour, symbolPen=None,
            antialias=True,
        )  # fmt: skip

    def _draw_level(self, role: str, spread: Spread) -> None:
        pen = self.pen(role, Qt.PenStyle.DotLine)
        key = (role, "labels")
        self.legend.show_entry(key, f"{role} on the labels alone", pen)
        if self.legend.is_shown(key):
            self.plot.addItem(pg.InfiniteLine(100 * spread.mean, angle=0, pen=pen))
