"""Accuracy against confidence, a line for each network: on the diagonal where they are as sure as right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, sqrt
from typing import TYPE_CHECKING, NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import Qt

from kdstudio.gui.layout import tip
from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.spoken import spoken_share
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token

if TYPE_CHECKING:
    from kdstudio.engine.scoring import Bin

LEAST, MOST = 4, 14
"""Diameters of a point, in pixels: of few images, and of all."""
WHOLE = (-7, 107)
"""Both axes; beyond 0 and 100, so that these are written at them."""
TICKS = range(0, 101, 25)
HELP = (
    "Answers are gathered by their confidence. Below the diagonal a network is surer than right. Large "
    "points hold many images; ECE is the mean distance to the diagonal, weighted by them."
)


class Calibration(NamedTuple):
    """One network's line."""

    bins: Sequence[Bin]
    error: float
    """Expected calibration error, 0 to 1."""


class ReliabilityPlot(PlotFrame):
    """The reliability diagram of several networks, in percent."""

    def __init__(self, theme: Theme) -> None:
        """Empty until :meth:`show_networks`."""
        super().__init__(theme, "Calibration, with its error (ECE)")
        self.heading.setToolTip(tip(HELP))
        self._shown: Mapping[str, Calibration] = {}
        self._tokens: Mapping[str, Token] = {}
        for axis in ("bottom", "left"):
            self.plot.getAxis(axis).setTicks([[(share, str(share)) for share in TICKS]])
        self.plot.set_home(x=WHOLE, y=WHOLE)
        self.legend.toggled.connect(self._restyle)
        self._restyle()

    def show_networks(self, found: Mapping[str, Calibration], tokens: Mapping[str, Token]) -> None:
        """Draw a line for each network of ``found``; ``tokens`` tell their colours."""
        if list(found) != list(self._shown):
            self.legend.clear()
        self._shown, self._tokens = found, tokens
        self._restyle()

    def _restyle(self) -> None:
        self.plot.clear()
        dress(self.plot, self._theme.colours, {"bottom": "confidence (%)", "left": "accuracy (%)"})
        diagonal = pg.mkPen(self._theme.colours["muted"], width=self.thin, style=Qt.PenStyle.DashLine)
        self.plot.plot([0, 100], [0, 100], pen=diagonal, name="as sure as right")
        for name, found in self._shown.items():
            pen = self.pen(self._tokens[name])
            self.legend.show_entry(name, f"{name} {spoken_share(found.error)}", pen, HELP)
            if self.legend.is_shown(name):
                x, y, sizes = points(found.bins)
                diameters = [self.enlargement * size for size in sizes]
                dots = {"symbol": "o", "symbolSize": diameters, "symbolBrush": pen.color(), "symbolPen": None}
                self.plot.plot(x, y, pen=pen, name=name, **dots)


def points(bins: Sequence[Bin]) -> tuple[list[float], list[float], list[float]]:
    """Confidence and accuracy in percent, and diameter, of the bins that are not empty.

    One that holds answers that are no numbers, as of damaged weights, has no place.
    """
    total = sum(each.images for each in bins)
    held = [each for each in bins if each.confidence is not None and isfinite(each.confidence)]
    x, y = ([100 * getattr(each, share) for each in held] for share in ("confidence", "accuracy"))
    return x, y, [LEAST + (MOST - LEAST) * sqrt(each.images / total) for each in held]
