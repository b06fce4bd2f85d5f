"""Accuracy against cost: exits and baseline as points, leaving early as a line over thresholds."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg

from kdstudio.gui.forms.editors import Choices
from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.early_exits import THRESHOLDS, EarlyExitPoint, ExitFigures, ExitReport

TITLE = "Test accuracy against cost"
WORK, TIME = "multiply-adds (millions)", "latency (ms, measured here)"
POINT = 9
EXITS, LEAVING, BASELINE = "exits", "leaving early", "baseline"


class CostPlot(PlotFrame):
    """The exits of one run; a box chooses between counted work and measured time."""

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__(theme, TITLE)
        self.heading.hide()  # it stands above, where the plot is chosen
        self._ways: Sequence[ExitFigures] = ()
        self._baseline: ExitFigures | None = None
        self._leaving: Sequence[EarlyExitPoint] = ()
        self.axis_box = Choices()
        self.axis_box.addItems([WORK, TIME])
        self.axis_box.setAccessibleName("Cost shown")
        self.axis_box.currentTextChanged.connect(self._draw)
        self.legend.toggled.connect(self._draw)
        self.head.addWidget(self.axis_box)
        theme.changed.connect(self._draw)
        self._draw()

    def show_report(self, report: ExitReport) -> None:
        """Draw test accuracies."""
        self._ways, self._baseline = report.ways, report.baseline
        self._leaving = [report.leaving("test", threshold) for threshold in THRESHOLDS]
        self.legend.clear()
        self._draw()

    def _draw(self) -> None:
        self.plot.clear()
        dress(self.plot, self._theme.colours, {"bottom": self.axis_box.currentText(), "left": "accuracy (%)"})
        if not self._ways:
            return
        counted = self.axis_box.currentText() == WORK
        if self._entry(LEAVING, "leaving early, over thresholds", "kl"):
            x = [p.multiply_adds / 1e6 if counted else 1e3 * p.latency for p in self._leaving]
            self.plot.plot(x, [100 * p.accuracy for p in self._leaving], pen=self.pen("kl"), antialias=True)
        if self._entry(EXITS, "each exit as a network of its own", "student"):
            self._draw_points(self._ways, "student", "o", counted=counted)
        if self._baseline and self._entry(BASELINE, "the network trained without exits", "baseline"):
            self._draw_points([self._baseline], "baseline", "d", counted=counted)
        self.plot.autoRange(padding=0.1)

    def _draw_points(self, ways: Sequence[ExitFigures], colour: str, symbol: str, *, counted: bool) -> None:
        for way in ways:
            x = way.multiply_adds / 1e6 if counted else 1e3 * way.latency.median
            y = 100 * way.accuracy["test"]
            brush = self._theme.colours.of_network(colour)
            self.plot.plot(
                [x], [y], pen=None, symbol=symbol, symbolSize=POINT, symbolBrush=brush, symbolPen=None
            )
            below = way is self._baseline  # beside the deepest exit, which costs as much
            anchor = (0.5, -0.2 if below else 1.2)
            label = pg.TextItem(way.name, color=self._theme.colours["text"], anchor=anchor)
            label.setPos(x, y)
            self.plot.addItem(label)

    def _entry(self, key: str, text: str, colour: str) -> bool:
        self.legend.show_entry(key, text, self.pen(colour))
        return self.legend.is_shown(key)
