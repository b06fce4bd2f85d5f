"""What each trial of a study has come to, in their order, and the best so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPen

from kdstudio.gui.plots.frame import DOT, PlotFrame, dress
from kdstudio.gui.plots.results import roomy
from kdstudio.gui.theme import Theme
from kdstudio.runs.figures import FIGURES
from kdstudio.runs.plot_data import PlotPoint
from kdstudio.runs.studies.history import History

TITLE = "Validation, trial by trial"
BEST, RESULT, PRUNED = "best so far", "result", "given up early"
SYMBOLS = {RESULT: "o", PRUNED: "x"}
ROOM = 0.08
"""Of the height and width, on both sides of what is drawn."""


class StudyHistoryPlot(PlotFrame):
    """A dot for each trial by its number, a cross where it was given up, and a staircase of the best.

    The axis spans the results: a cross far from them, as after the first epochs, stands at its edge.
    """

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__(theme, TITLE)
        self._y = ""
        self._curves: dict[str, list[tuple[float, float]]] = {}
        self.legend.toggled.connect(self._restyle)
        self._restyle()

    def show_history(self, history: History) -> None:
        """Draw the trials of a study."""
        figure = FIGURES[history.goal]
        known = [trial for trial in history.trials if trial.value is not None]
        found = {
            BEST: history.best_so_far(),
            RESULT: [(t.number, t.value) for t in known if t.state == "finished"],
            PRUNED: [(t.number, t.value) for t in known if t.state == "pruned"],
        }
        self._y = figure.title + (f" ({figure.unit})" if figure.unit else "")
        self._curves = {
            name: [(float(x), figure.scale * float(y or 0.0)) for x, y in points]
            for name, points in found.items()
            if points
        }
        self.legend.clear()
        self._restyle()

    def points(self) -> list[PlotPoint]:
        """All that is shown, by the trials' numbers."""
        return [PlotPoint(name, *at) for name, points in self._shown().items() for at in points]

    def _shown(self) -> dict[str, list[tuple[float, float]]]:
        return {name: points for name, points in self._curves.items() if self.legend.is_shown(name)}

    def _pen(self, name: str) -> QPen:
        pen = self.pen("student" if name == RESULT else "line")
        if name == PRUNED:
            pen.setColor(QColor(self._theme.colours["muted"]))
        return pen

    def _restyle(self) -> None:
        self.plot.clear()
        dress(self.plot, self._theme.colours, {"bottom": "trial", "left": self._y})
        for name in self._curves:
            self.legend.show_entry(name, name, self._pen(name))
        shown = self._shown()
        if not shown:
            return
        places = [at for points in shown.values() for at in points]
        results = [at for name, points in shown.items() if name != PRUNED for at in points]
        heights = roomy([y for _, y in results or places], ROOM)
        for name, points in shown.items():
            self._draw(name, points, heights)
        self.plot.set_home(x=roomy([x for x, _ in places], ROOM), y=heights)

    def _draw(self, name: str, points: Sequence[tuple[float, float]], heights: tuple[float, float]) -> None:
        x, y = (np.array(values) for values in zip(*points, strict=True))
        y = np.clip(y, *heights)
        pen = self._pen(name)
        if name == BEST:
            self.plot.plot(np.repeat(x, 2)[1:], np.repeat(y, 2)[:-1], pen=pen, name=name)
            return
        mark = {"symbolBrush": pen.color(), "symbolPen": pg.mkPen(None), "symbol": SYMBOLS[name]}
        self.plot.plot(x, y, pen=None, symbolSize=DOT * self.enlargement, name=name, **mark)
