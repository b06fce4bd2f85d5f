"""What was guessed beside what was measured, with the interval of the difference."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from kdstudio.engine.judgement import Finding
from kdstudio.gui.plots.frame import THICK, PlotFrame, dress
from kdstudio.gui.plots.results import roomy
from kdstudio.gui.theme import Theme
from kdstudio.runs.guesses import Estimate, Guess, Question
from kdstudio.runs.plot_data import PlotPoint, plot_table
from kdstudio.runs.table_formats import Table

TITLE = "Guessed and measured"
MEASURED, LEVEL, GUESSED = "measured, with its 95 % interval", "no difference", "guessed"
POINT, CAP = 11, 0.3
"""Pixels of a dot; height of a whisker's end, of the distance between rows."""
ROOM = 0.12
"""Of the width, on both sides of what is drawn."""


class GuessPlot(PlotFrame):
    """A row for each network measured: a dot with its interval, a tick where no difference would be.

    The guess, where it is a figure, is a line through all of them.
    """

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__(theme, TITLE)
        self._question = Question("", "")
        self._findings: Sequence[Finding] = ()
        self._guess: float | None = None
        self.legend.toggled.connect(self._draw)
        theme.changed.connect(self._draw)
        self._draw()

    def show_guess(self, question: Question, guess: Guess | None, findings: Sequence[Finding]) -> None:
        """Draw what ``findings`` came to; a direction that was guessed has no place on the axis."""
        self._question, self._findings = question, findings
        self._guess = None if isinstance(guess, str) else guess
        self.legend.clear()
        self._draw()

    def points(self) -> list[PlotPoint]:
        """What was measured, what it is held against, and the guess."""
        found = []
        for finding in self._findings:
            if estimate := self._question.estimate(finding):
                found.append(PlotPoint(MEASURED, finding.of, *estimate))
            if (level := self._question.level(finding)) is not None:
                found.append(PlotPoint(LEVEL, finding.of, level))
        guess = self._guess
        return found if guess is None else [*found, PlotPoint(GUESSED, self._question.text, guess)]

    def _tables(self) -> Sequence[Table]:
        return [plot_table("networks", self._question.axis, self.points())]

    def _draw(self) -> None:
        plot, colours = self.plot, self._theme.colours
        plot.clear()
        dress(plot, colours, {"bottom": self._question.axis, "left": ""})
        plot.showGrid(x=True, y=False, alpha=0.25)
        plot.getAxis("left").setTicks([[(-row, f.of) for row, f in enumerate(self._findings)]])
        places = [
            *self._draw_levels(self.pen("line", Qt.PenStyle.DotLine)),
            *self._draw_estimates(self.pen("line")),
            *self._draw_guess(pg.mkPen(colours["accent"], width=THICK * self.pen("line").widthF())),
        ]
        self.plot.set_home(
            x=roomy(places, ROOM) if places else (0, 1), y=(0.5 - max(len(self._findings), 1), 0.5)
        )

    def _enters(self, key: str, text: str, pen: QPen) -> bool:
        """Tell whether what the legend has as ``key`` is to be drawn."""
        self.legend.show_entry(key, text, pen)
        return self.legend.is_shown(key)

    def _draw_levels(self, pen: QPen) -> list[float]:
        levels = {row: self._question.level(finding) for row, finding in enumerate(self._findings)}
        known = {row: level for row, level in levels.items() if level is not None}
        if not known or not self._enters(LEVEL, LEVEL, pen):
            return []
        for row, level in known.items():
            self.plot.plot([level, level], [-row - 0.5, -row + 0.5], pen=pen)
        return list(known.values())

    def _draw_estimates(self, pen: QPen) -> list[float]:
        found = {row: self._question.estimate(finding) for row, finding in enumerate(self._findings)}
        known = {row: estimate for row, estimate in found.items() if estimate is not None}
        if not known or not self._enters(MEASURED, MEASURED, pen):
            return []
        for row, estimate in known.items():
            self._draw_estimate(estimate, -row, pen)
        return [place for estimate in known.values() for place in estimate if place is not None]

    def _draw_estimate(self, estimate: Estimate, height: float, pen: QPen) -> None:
        mean, low, high = estimate
        if low is not None and high is not None:
            whiskers = {"left": np.array([mean - low]), "right": np.array([high - mean])}
            self.plot.addItem(
                pg.ErrorBarItem(x=np.array([mean]), y=np.array([height]), beam=CAP, pen=pen, **whiskers)
            )
        self.plot.plot(
            [mean], [height], pen=None, symbol="o", symbolSize=POINT, symbolBrush=pen.color(), symbolPen=None
        )

    def _draw_guess(self, pen: QPen) -> list[float]:
        guess = self._guess
        pen.setStyle(Qt.PenStyle.DashLine)
        if guess is None or not self._enters(GUESSED, f"{GUESSED}: {self._question.spoken(guess)}", pen):
            return []
        self.plot.addItem(pg.InfiniteLine(guess, angle=90, pen=pen))
        return [guess]
