"""Test accuracy against generation; ensembles as points of their own, labels alone as a level line."""

from __future__ import annotations

from collections.abc import Mapping

import pyqtgraph as pg
from PySide6.QtCore import Qt

from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.generations import Generations
from kdstudio.runs.summary import NetworkSummary

TITLE = "Test accuracy of each generation"
AXES = {"bottom": "generation, or generations in the ensemble", "left": "test accuracy (%)"}
POINT = 8


class GenerationsPlot(PlotFrame):
    """The generations of one born-again run."""

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__(theme, TITLE)
        self.heading.hide()  # it stands above, where the plot is chosen
        self._found = Generations({}, {}, None)
        self.legend.toggled.connect(self._draw)
        theme.changed.connect(self._draw)
        self._draw()

    def show_generations(self, found: Generations) -> None:
        """Draw test accuracies after the last epoch."""
        self.legend.clear()
        self._found = found
        self._draw()

    def _draw(self) -> None:
        self.plot.clear()
        dress(self.plot, self._theme.colours, AXES)
        ticks = [(number, f"{number}" if number else "teacher") for number in self._found.generations]
        self.plot.getAxis("bottom").setTicks([ticks])
        self._draw_points("generations", "student", "o", self._found.generations)
        self._draw_points("ensembles", "teacher", "d", self._found.ensembles)
        if self._found.baseline:
            pen = self.pen("baseline", Qt.PenStyle.DotLine)
            self.legend.show_entry("baseline", "labels alone", pen)
            if self.legend.is_shown("baseline"):
                level = 100 * self._found.baseline.test.accuracy
                self.plot.addItem(pg.InfiniteLine(level, angle=0, pen=pen))

    def _draw_points(self, name: str, colour: str, symbol: str, of: Mapping[int, NetworkSummary]) -> None:
        if not of:
            return
        pen = self.pen(colour)
        self.legend.show_entry(name, name, pen)
        if self.legend.is_shown(name):
            accuracies = [100 * network.test.accuracy for network in of.values()]
            self.plot.plot(
                list(of), accuracies, pen=pen if name == "generations" else None, symbol=symbol,
                symbolSize=POINT, symbolBrush=pen.color(), symbolPen=None, antialias=True,
            )  # fmt: skip
