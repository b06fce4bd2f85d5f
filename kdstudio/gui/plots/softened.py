"""Softened probabilities of one image, the networks' bars side by side, a row for each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsItem

from kdstudio.gui.plots.canvas import Canvas
from kdstudio.gui.plots.class_names import ClassAxis
from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.plot_data import PlotPoint

ALONG = (-0.04, 1.04)
"""Of the axis of probabilities, so that its ends are seen."""
ROW_SHARE = 0.78
"""Share of a class's row that its bars fill."""


class SoftenedBars(PlotFrame):
    """Bars that follow the temperature: only their lengths change."""

    def __init__(self, theme: Theme, title: str) -> None:
        """Empty until :meth:`show_rows`."""
        super().__init__(theme, title)
        self._bars: dict[str, pg.BarGraphItem] = {}
        self._classes: Sequence[str] = ()
        self.legend.toggled.connect(lambda name, shown: self._bars[name].setVisible(shown))
        for name in ("bottom", "left"):
            self.plot.getAxis(name).setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self.plot.set_home(x=ALONG)
        self.plot.getAxis("bottom").setZValue(-1000)  # its grid lies behind the bars
        self.plot.getViewBox().invertY(True)
        self._restyle()

    def _canvas(self) -> Canvas:
        return Canvas(left=ClassAxis("left"))

    def show_rows(
        self, classes: Sequence[str], networks: dict[str, str], tokens: Mapping[str, Token]
    ) -> None:
        """Make a row for each class and a bar in it for each network; the values are the legend's texts.

        ``tokens`` tell the networks' colours.
        """
        self._tokens = tokens
        if list(networks) != list(self._bars):
            self.legend.clear()
            self.plot.clear()
            self._bars = {name: pg.BarGraphItem(x0=0, y=[], height=1, width=[]) for name in networks}
            for bar in self._bars.values():
                self.plot.addItem(bar)
        thick = ROW_SHARE / len(networks)
        rows = np.arange(len(classes))
        for place, (name, bar) in enumerate(self._bars.items()):
            middle = rows - ROW_SHARE / 2 + (place + 0.5) * thick
            bar.setOpts(y=middle, height=thick * 0.9, width=np.zeros(len(classes)))
            self.legend.show_entry(name, networks[name], self.pen(tokens[name]))
        self.plot.getAxis("left").show_names(classes)
        self.plot.set_home(x=ALONG, y=(-0.55, len(classes) - 0.45))
        self._networks, self._classes = networks, classes
        self._restyle()

    def set_lengths(self, probabilities: dict[str, np.ndarray]) -> None:
        """Give every network's bars their lengths, one for each row."""
        for name, lengths in probabilities.items():
            self._bars[name].setOpts(width=lengths)

    def points(self) -> list[PlotPoint]:
        """All bars that are shown: network, class, probability."""
        found = []
        for name, bar in self._bars.items():
            if bar.isVisible():
                lengths = zip(self._classes, bar.opts["width"], strict=True)
                found += [PlotPoint(name, one_class, length) for one_class, length in lengths]
        return found

    def _restyle(self) -> None:
        colours = self._theme.colours
        dress(self.plot, colours, {"bottom": "probability", "left": ""})
        self.plot.showGrid(x=True, y=False, alpha=0.25)
        for name, bar in self._bars.items():
            colour = colours.of(self._tokens[name])
            bar.setOpts(brush=colour, pen=QPen(Qt.PenStyle.NoPen))
            self.legend.show_entry(name, self._networks[name], pg.mkPen(colour))
