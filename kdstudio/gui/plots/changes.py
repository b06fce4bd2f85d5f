"""What each class gained or lost: a point with its interval, a row for each class."""

from __future__ import annotations

from collections.abc import Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt

from kdstudio.gui.plots.canvas import Canvas
from kdstudio.gui.plots.class_names import ClassAxis
from kdstudio.gui.plots.frame import DOT, THICK, PlotFrame, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.fidelity import Change, ClassChange
from kdstudio.runs.plot_data import PlotPoint

MOST_ROWS = 24
"""Of many classes those that changed most are shown, half of them from each end."""
MARKS: dict[Change, tuple[str, str]] = {
    "gained": ("gained", "t1"),
    "lost": ("lost", "t"),
    "not shown": ("not shown", "o"),
    "one seed": ("one seed: no interval", "o"),
}
"""Words and shape of a point, so that nothing is told by colour alone."""
COLOURS: dict[Change, str] = {"gained": "kl", "lost": "student"}
"""Words of the theme's series; what is not shown is muted."""


class ChangesPlot(PlotFrame):
    """Differences in points of accuracy; what gained most is at the top."""

    def __init__(self, theme: Theme) -> None:
        """Empty until :meth:`show_changes`."""
        super().__init__(theme, "Accuracy gained and lost, class by class")
        self._rows: Sequence[ClassChange] = ()
        self.plot.getViewBox().invertY(True)
        self.legend.toggled.connect(self._restyle)
        self._restyle()

    def _canvas(self) -> Canvas:
        return Canvas(left=ClassAxis("left"))

    def show_changes(self, changes: Sequence[ClassChange]) -> None:
        """Draw ``changes``, sorted; none leave the plot empty."""
        half = MOST_ROWS // 2
        self._rows = changes if len(changes) <= MOST_ROWS else (*changes[:half], *changes[-half:])
        self.legend.clear()
        self._restyle()

    def points(self) -> list[PlotPoint]:
        """The classes that are shown, in points of accuracy, each with its interval."""
        shown = [each for each in self._rows if self.legend.is_shown(each.change)]
        return [
            PlotPoint(MARKS[each.change][0], 100 * each.difference.mean, each.name, *_interval(each))
            for each in shown
        ]

    def _restyle(self) -> None:
        plot, colours = self.plot, self._theme.colours
        plot.clear()
        dress(plot, colours, {"bottom": "difference (points of accuracy)", "left": ""})
        plot.showGrid(x=True, y=False, alpha=0.25)
        plot.getAxis("left").show_names([change.name for change in self._rows])
        plot.addItem(pg.InfiniteLine(0, angle=90, pen=pg.mkPen(colours["muted"], style=Qt.PenStyle.DashLine)))
        for change in dict.fromkeys(each.change for each in self._rows):
            self._draw_those(change)
        plot.set_home(y=(-0.55, max(len(self._rows), 1) - 0.45))

    def _draw_those(self, change: Change) -> None:
        """Draw the classes of which one thing is said."""
        words, symbol = MARKS[change]
        colours = self._theme.colours
        colour = colours.of(COLOURS[change]) if change in COLOURS else colours["muted"]
        pen = pg.mkPen(colour, width=THICK * self.thin)
        self.legend.show_entry(change, words, pen)
        shown = self.legend.is_shown(change)
        for place, each in enumerate(self._rows):
            if each.change != change or not shown:
                continue
            low, high = each.difference.low, each.difference.high
            if low is not None and high is not None:
                self.plot.plot([100 * low, 100 * high], [place, place], pen=pen)
            dot = {"symbol": symbol, "symbolSize": DOT * self.enlargement, "symbolBrush": colour}
            self.plot.plot([100 * each.difference.mean], [place], pen=None, symbolPen=None, **dot)


def _interval(change: ClassChange) -> tuple[float | None, float | None]:
    """Both ends in points of accuracy; nothing for one seed."""
    low, high = change.difference.low, change.difference.high
    return (None, None) if low is None or high is None else (100 * low, 100 * high)
