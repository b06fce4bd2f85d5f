"""A shaded band around a curve: one standard deviation to both sides."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from kdstudio.runs.mean_curves import thinned

ALPHA = 46
NO_PEN = QPen(Qt.PenStyle.NoPen)
MOST_POINTS = 500
"""Of an edge; of more, means of neighbours are drawn, so that a frame takes no longer."""


class Band:
    """One closed outline that is filled, not drawn; logarithmic axes are followed."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        """Empty, behind the curves of ``plot``."""
        self.area = plot.plot(pen=NO_PEN, fillLevel="enclosed", antialias=False)
        self.area.setZValue(-1)
        self.area.setClipToView(False)  # an outline goes back and forth along the axis
        self.area.setDownsampling(auto=False)

    def show(self, x: np.ndarray, low: np.ndarray, high: np.ndarray, colour: QColor) -> None:
        """Fill from ``low`` to ``high``, all ``(N,)``, in a pale ``colour``."""
        x, low, high = (np.array(thinned(values, MOST_POINTS)) for values in (x, low, high))
        outline = np.concatenate((x, x[::-1])), np.concatenate((low, high[::-1]))
        self.area.setData(*outline, fillBrush=faint(colour))


def faint(colour: QColor) -> QColor:
    """Return ``colour`` as pale as bands are, so that lines behind are seen."""
    pale = QColor(colour)
    pale.setAlpha(ALPHA)
    return pale
