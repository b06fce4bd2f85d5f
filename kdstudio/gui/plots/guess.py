"""What was guessed beside what was measured, with the interval of the difference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

from kdstudio.engine.judgement import Finding
from kdstudio.gui.plots.band import NO_PEN, faint
from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.plots.results import roomy
from kdstudio.gui.theme import Theme
from kdstudio.runs.finding_words import held_against
from kdstudio.runs.guesses import Guess, Question, are_against_one
from kdstudio.runs.plot_data import PlotPoint, plot_table
from kdstudio.runs.table_formats import Table

TITLE = "Guessed and measured"
LEVEL, MEASURED, GUESSED = "no difference", "measured, 95 % interval", "guessed"
POINT, CAP = 11, 0.15
"""Pixels of a dot; height of a whisker's end, of the distance between rows."""
ROOM = 0.12
"""Of the width, on both sides of what is drawn."""


class GuessPlot(PlotFrame):
    """A row for each network measured: a dot with its interval, and where no difference would be.

    What still counts as none is a band there. The guess, where it is a figure, is a line through all rows.
    """

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__(theme, TITLE)
        self._axis = ""
        self._rows: list[str] = []
        self._points: list[PlotPoint] = []
        self.legend.toggled.connect(self._restyle)
        self._restyle()

    def show_guess(self, question: Question, guess: Guess | None, findings: Sequence[Finding]) -> None:
        """Draw what ``findings`` came to; a direction that was guessed has no place on the axis."""
        self._axis, self._rows, self._points = question.axis(findings), named_rows(findings), []
        for row, finding in zip(self._rows, findings, strict=True):
            if level := question.level(finding):
                self._points.append(PlotPoint(LEVEL, row, *level))
            if estimate := question.estimate(finding):
                self._points.append(PlotPoint(MEASURED, row, *estimate))
        if guess is not None and not isinstance(guess, str):
            self._points.append(PlotPoint(GUESSED, "", guess))
        self.legend.clear()
        self._restyle()

    def points(self) -> list[PlotPoint]:
        """What is shown of the level, the measurements and the guess; networks stand at the left."""
        return [point for point in self._points if self.legend.is_shown(point.curve)]

    def _tables(self) -> Sequence[Table]:
        return [plot_table("network", self._axis, self.points())]

    def _restyle(self) -> None:
        self.plot.clear()
        dress(self.plot, self._theme.colours, {"bottom": self._axis, "left": ""})
        self.plot.showGrid(x=True, y=False, alpha=0.25)
        heights = {row: -float(number) for number, row in enumerate(self._rows)}
        names = [(height, row.replace(" against ", "\nagainst ")) for row, height in heights.items()]
        self.plot.getAxis("left").setTicks([names])
        pens = {
            LEVEL: self.pen("line", Qt.PenStyle.DotLine),
            MEASURED: self.pen("line"),
            GUESSED: self._pen(),
        }
        for curve in sorted({point.curve for point in self._points}, key=[*pens].index):
            self.legend.show_entry(curve, curve, pens[curve])
        for point in self.points():
            self._draw_point(point, heights.get(str(point.x), 0.0), pens[point.curve])
        ends = [end for point in self.points() for end in (point.y, point.low, point.high)]
        places = [end for end in ends if isinstance(end, float)]
        x = roomy(places, ROOM) if places else (0, 1)
        self.plot.set_home(x=x, y=(0.5 - max(len(self._rows), 1), 0.5))

    def _pen(self) -> QPen:
        """Return the pen of the guess, in no network's colour."""
        pen = self.pen("line", Qt.PenStyle.DashLine)
        pen.setColor(QColor(self._theme.colours["accent"]))
        return pen

    def _draw_point(self, point: PlotPoint, height: float, pen: QPen) -> None:
        place = float(point.y)
        if point.curve == GUESSED:
            self.plot.addItem(pg.InfiniteLine(place, angle=90, pen=pen))
        elif point.curve == LEVEL:
            if point.low is not None:
                ends, fill = (
                    {"x0": [point.low], "x1": [point.high]},
                    {"brush": faint(pen.color()), "pen": NO_PEN},
                )
                self.plot.addItem(pg.BarGraphItem(**ends, y=[height], height=1, **fill))
            self.plot.plot([place, place], [height - 0.5, height + 0.5], pen=pen)
        else:
            if point.low is not None and point.high is not None:
                whiskers = {"left": np.array([place - point.low]), "right": np.array([point.high - place])}
                at = {"x": np.array([place]), "y": np.array([height])}
                self.plot.addItem(pg.ErrorBarItem(**at, **whiskers, beam=CAP, pen=pen))
            dot = {"symbol": "o", "symbolBrush": pen.color(), "symbolPen": None}
            size = POINT * self.enlargement
            self.plot.plot([place], [height], pen=None, symbolSize=size, **dot)


def named_rows(findings: Sequence[Finding]) -> list[str]:
    """Name each row by its network, and by what that is held against unless all are held against the same."""
    if are_against_one(findings):
        return [finding.of for finding in findings]
    return [f"{finding.of}, against {held_against(finding)}" for finding in findings]
