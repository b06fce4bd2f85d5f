"""Bars in groups, one colour for each network, with the value above each bar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen, QResizeEvent

from kdstudio.gui.plots.canvas import Canvas
from kdstudio.gui.plots.class_names import ClassAxis
from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.plot_data import PlotPoint

GROUP_WIDTH = 0.8
BESIDE_VALUE = 4
AXIS_ROOM = 60
"""Pixels for the axis at the left."""
NO_TOKENS: Mapping[str, Token] = {}


class BarPlot(PlotFrame):
    """Groups of bars that begin at 0."""

    def __init__(self, theme: Theme, title: str, y: str) -> None:
        """``y`` names the axis, with its unit."""
        super().__init__(theme, title)
        self._y = y
        self._groups: Sequence[str] = ()
        self._values: dict[str, Sequence[float | None]] = {}
        self._format = "{:g}"
        self._tokens = NO_TOKENS
        self._labelled = False
        self.legend.toggled.connect(self._restyle)
        self.plot.getViewBox().sigResized.connect(self._fit)
        self._restyle()

    def _canvas(self) -> Canvas:
        return Canvas(bottom=ClassAxis("bottom"))

    def show_bars(
        self,
        groups: Sequence[str],
        values: dict[str, Sequence[float | None]],
        *,
        y: str,
        shown_as: str = "{:g}",
        tokens: Mapping[str, Token] = NO_TOKENS,
    ) -> None:
        """Draw ``values`` of each network, one for each group; None leaves a gap.

        ``tokens`` tell the colours of networks that are no words of the theme.
        """
        wanted = (list(groups), values, y, shown_as, tokens)
        if wanted == (list(self._groups), self._values, self._y, self._format, self._tokens):
            return
        if set(values) != set(self._values):
            self.legend.clear()
        self._groups, self._values, self._y, self._format, self._tokens = groups, values, y, shown_as, tokens
        self._restyle()

    def points(self) -> list[PlotPoint]:
        """All bars that are shown: network, group, height."""
        shown = {name: values for name, values in self._values.items() if self.legend.is_shown(name)}
        return [
            PlotPoint(name, " ".join(group.split("\n")), value)
            for name, values in shown.items()
            for group, value in zip(self._groups, values, strict=True)
            if value is not None
        ]

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802
        """Write the values above the bars where there is room now."""
        super().resizeEvent(event)
        if self._labelled != self._has_room():
            self._restyle()

    def _has_room(self) -> bool:
        """Tell whether the values stand above their bars without touching each other."""
        known = [v for values in self._values.values() for v in values if v is not None]
        advance = self.fontMetrics().horizontalAdvance
        widest = max((advance(self._format.format(value)) for value in known), default=0)
        bars = len(self._groups) * len(self._values)
        return bars * (widest + BESIDE_VALUE) < GROUP_WIDTH * (self.width() - AXIS_ROOM)

    def _restyle(self) -> None:
        plot, colours = self.plot, self._theme.colours
        plot.clear()
        dress(plot, colours, {"bottom": "", "left": self._y})
        plot.showGrid(x=False, y=False)
        plot.getAxis("bottom").show_names(self._groups)
        width = GROUP_WIDTH / max(len(self._values), 1)
        self._labelled = self._has_room()
        for place, (network, values) in enumerate(self._values.items()):
            colour = self.pen(self._tokens.get(network, network)).color()
            self.legend.show_entry(network, network, pg.mkPen(colour))
            if not self.legend.is_shown(network):
                continue
            points = [
                (group - GROUP_WIDTH / 2 + (place + 0.5) * width, value)
                for group, value in enumerate(values)
                if value is not None
            ]
            if points:
                x, heights = zip(*points, strict=True)
                no_line = QPen(Qt.PenStyle.NoPen)
                plot.addItem(
                    pg.BarGraphItem(x=x, height=heights, width=width * 0.92, brush=colour, pen=no_line)
                )
            for x_of, value in points if self._labelled else ():
                label = pg.TextItem(self._format.format(value), color=colours["text"], anchor=(0.5, 1))
                label.setPos(x_of, value)
                plot.addItem(label)
        self._fit()

    def _fit(self) -> None:
        """Span the axes, with room for the values above the highest bar."""
        known = [v for values in self._values.values() for v in values if v is not None]
        self.plot.getAxis("left").setStyle(showValues=bool(known))
        line, height = self.fontMetrics().height(), self.plot.getViewBox().height()
        above = 1 + (line + BESIDE_VALUE) / max(height - line - BESIDE_VALUE, line)
        up = max(known, default=1) * (above if self._labelled else 1.05) or 1
        self.plot.set_home(x=(-0.6, max(len(self._groups), 1) - 0.4), y=(0, up))
