"""A shaded band around a curve: one standard deviation to both sides."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

ALPHA = 46
NO_PEN = QPen(Qt.PenStyle.NoPen)


class Band:
    """Between two edges that are not drawn; it follows the plot's axes, logarithmic ones too."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        """Empty, behind the curves of ``plot``."""
        self.edges = [plot.plot(pen=NO_PEN, connect="finite") for _side in range(2)]
        # the curves within tell when an axis turns logarithmic, which the items around them do not
        self.area = pg.FillBetweenItem(*(edge.curve for edge in self.edges))
        plot.addItem(self.area, ignoreBounds=True)

    def show(self, x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: QColor) -> None:
        """Fill from ``low`` to ``high``, all ``(N,)``, in a pale ``colour``; NaN leaves a gap."""
        self.area.setBrush(faint(colour))
        for edge, values in zip(self.edges, (low, high), strict=True):
            edge.setData(x, values)

    def set_visible(self, visible: bool) -> None:
        """Show or hide it."""
        for item in (*self.edges, self.area):
            item.setVisible(visible)


def faint(colour: QColor) -> QColor:
    """Return ``colour`` as pale as bands are, so that lines behind are seen."""
    pale = QColor(colour)
    pale.setAlpha(ALPHA)
    return pale
