"""Agreement with the teacher against accuracy: a point for each network, with its spread over the seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg

from kdstudio.gui.plots.frame import DOT, PlotFrame, dress
from kdstudio.gui.plots.point_names import NamedPoint, PointNames
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.fidelity import Fidelity
from kdstudio.runs.figures import Spread

AXES = {"bottom": "test accuracy (%)", "left": "agreement with the teacher (%)"}


class FidelityPlot(PlotFrame):
    """Accurate networks stand at the right, faithful ones high; bars reach one standard deviation."""

    def __init__(self, theme: Theme) -> None:
        """Empty until :meth:`show_rows`."""
        super().__init__(theme, "Accuracy and fidelity")
        self._rows: Sequence[Fidelity] = ()
        self._tokens: Mapping[str, Token] = {}
        self._names = PointNames(self.plot)
        self.plot.getViewBox().setDefaultPadding(0.25)
        self._restyle()

    def show_rows(self, rows: Sequence[Fidelity], tokens: Mapping[str, Token]) -> None:
        """Draw a point for each of ``rows``; ``tokens`` tell the networks' colours."""
        self._rows, self._tokens = rows, tokens
        self._restyle()

    def _restyle(self) -> None:
        self.plot.clear()
        colours = self._theme.colours
        dress(self.plot, colours, AXES)
        for row in self._rows:
            colour = colours.of(self._tokens[row.network])
            (x, width), (y, height) = map(in_percent, (row.accuracy, row.agreement))
            bars = {"width": 2 * width, "height": 2 * height, "pen": self.pen(self._tokens[row.network])}
            self.plot.addItem(pg.ErrorBarItem(x=np.array([x]), y=np.array([y]), **bars))
            dot = {"symbol": "o", "symbolSize": DOT * self.enlargement, "symbolBrush": colour}
            self.plot.plot([x], [y], pen=None, symbolPen=None, name=row.network, **dot)
        middles = [
            (in_percent(row.accuracy)[0], in_percent(row.agreement)[0], row.network) for row in self._rows
        ]
        self._names.show([NamedPoint(*middle) for middle in middles], colours["text"], colours["panel"])


def in_percent(spread: Spread) -> tuple[float, float]:
    """Mean and standard deviation of a share."""
    return 100 * spread.mean, 100 * spread.deviation
