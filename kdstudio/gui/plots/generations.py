"""Test accuracy against generation; ensembles as points of their own, labels alone as a level line."""

from __future__ import annotations

from collections.abc import Mapping

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QVBoxLayout, QWidget

from kdstudio.gui.plots.curves import dress
from kdstudio.gui.plots.legend import Legend
from kdstudio.gui.theme import Theme
from kdstudio.runs.generations import Generations
from kdstudio.runs.summary import NetworkSummary

AXES = {"bottom": "generation, or generations in the ensemble", "left": "test accuracy (%)"}
POINT = 8


class GenerationsPlot(QWidget):
    """The generations of one born-again run."""

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__()
        self._theme = theme
        self._found = Generations({}, {}, None)
        self.legend = Legend()
        self.legend.toggled.connect(self._draw)
        self.plot = pg.PlotWidget()
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.setAccessibleName("Test accuracy of each generation")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.legend)
        column.addWidget(self.plot, 1)
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
            pen = self._pen("baseline", Qt.PenStyle.DotLine)
            self.legend.show_entry("baseline", "labels alone", pen)
            if self.legend.is_shown("baseline"):
                level = 100 * self._found.baseline.test.accuracy
                self.plot.addItem(pg.InfiniteLine(level, angle=0, pen=pen))

    def _draw_points(self, name: str, colour: str, symbol: str, of: Mapping[int, NetworkSummary]) -> None:
        if not of:
            return
        pen = self._pen(colour, Qt.PenStyle.SolidLine)
        self.legend.show_entry(name, name, pen)
        if self.legend.is_shown(name):
            accuracies = [100 * network.test.accuracy for network in of.values()]
            self.plot.plot(
                list(of), accuracies, pen=pen if name == "generations" else None, symbol=symbol,
                symbolSize=POINT, symbolBrush=pen.color(), symbolPen=None, antialias=True,
            )  # fmt: skip

    def _pen(self, network: str, style: Qt.PenStyle) -> QPen:
        colour = self._theme.colours.of_network(network)
        return pg.mkPen(colour, width=round(self.devicePixelRatioF()), style=style)
