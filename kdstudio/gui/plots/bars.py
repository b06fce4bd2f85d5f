"""Bars in groups, one colour for each network, with the spread of each and its value above it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from kdstudio.gui.plots.canvas import Canvas
from kdstudio.gui.plots.class_names import ClassAxis
from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.differences import decimals_of
from kdstudio.runs.plot_data import PlotPoint

GROUP_WIDTH = 0.8
BESIDE_VALUE = 4
AXIS_ROOM = 60
"""Pixels for the axis at the left."""
CAP = 0.3
"""Breadth of a whisker's end, of that of its bar."""
NO_TOKENS: Mapping[str, Token] = {}
NO_SPREADS: Mapping[str, Sequence[float]] = {}


class Bar(NamedTuple):
    """One bar that there is a value for."""

    group: int
    value: float
    spread: float
    """Half the length of its whisker; 0: it has none."""

    @property
    def top(self) -> float:
        """Where it ends, with its whisker."""
        return self.value + self.spread

    @property
    def text(self) -> str:
        """The value, as exact as its spread; a single one is whole."""
        return f"{self.value:,.{decimals_of(self.spread, 0)}f}"


class BarPlot(PlotFrame):
    """Groups of bars that begin at 0."""

    def __init__(self, theme: Theme, title: str, y: str) -> None:
        """``y`` names the axis, with its unit."""
        super().__init__(theme, title)
        self._y = y
        self._groups: Sequence[str] = ()
        self._values: dict[str, Sequence[float | None]] = {}
        self._spreads = NO_SPREADS
        self._tokens = NO_TOKENS
        self._labelled = False
        self.legend.toggled.connect(self._restyle)
        self.plot.getViewBox().sigResized.connect(self._follow_size)
        self._restyle()

    def _canvas(self) -> Canvas:
        return Canvas(bottom=ClassAxis("bottom"))

    def show_bars(
        self,
        groups: Sequence[str],
        values: dict[str, Sequence[float | None]],
        *,
        y: str,
        spreads: Mapping[str, Sequence[float]] = NO_SPREADS,
        tokens: Mapping[str, Token] = NO_TOKENS,
    ) -> None:
        """Draw ``values`` of each network, one for each group; None leaves a gap.

        ``spreads`` are those of the values, 0 for a single one: each is a whisker upwards and downwards.
        ``tokens`` tell the colours of networks that are no words of the theme.
        """
        wanted = (list(groups), values, y, spreads, tokens)
        if wanted == (list(self._groups), self._values, self._y, self._spreads, self._tokens):
            return
        if set(values) != set(self._values):
            self.legend.clear()
        self._groups, self._values, self._y, self._spreads, self._tokens = groups, values, y, spreads, tokens
        self._restyle()

    def _bars(self, network: str) -> list[Bar]:
        """Return those of ``network``."""
        values = self._values[network]
        spreads = self._spreads.get(network) or [0.0] * len(values)
        return [
            Bar(group, value, spread)
            for group, (value, spread) in enumerate(zip(values, spreads, strict=True))
            if value is not None
        ]

    def _all_bars(self) -> Iterator[Bar]:
        for network in self._values:
            yield from self._bars(network)

    def points(self) -> list[PlotPoint]:
        """All bars that are shown: network, group, height, both ends of the whisker."""
        names = [" ".join(group.split("\n")) for group in self._groups]
        return [
            PlotPoint(network, names[bar.group], bar.value, *_ends(bar))
            for network in self._values
            if self.legend.is_shown(network)
            for bar in self._bars(network)
        ]

    def _follow_size(self) -> None:
        """Write the values above the bars where there is room now."""
        if self._labelled != self._has_room():
            self._restyle()
        else:
            self._fit()

    def _has_room(self) -> bool:
        """Tell whether the values stand above their bars without touching each other."""
        advance = self.fontMetrics().horizontalAdvance
        widest = max((advance(bar.text) for bar in self._all_bars()), default=0)
        bars = len(self._groups) * len(self._values)
        room = self.plot.width() / self.enlargement - AXIS_ROOM
        return bars * (widest + BESIDE_VALUE) < GROUP_WIDTH * room

    def _restyle(self) -> None:
        plot, colours = self.plot, self._theme.colours
        plot.clear()
        dress(plot, colours, {"bottom": "", "left": self._y})
        plot.showGrid(x=False, y=False)
        plot.getAxis("bottom").show_names(self._groups)
        width = GROUP_WIDTH / max(len(self._values), 1)
        self._labelled = self._has_room()
        for place, network in enumerate(self._values):
            pen = self.pen(self._tokens.get(network, network))
            self.legend.show_entry(network, network, pg.mkPen(pen.color()))
            if bars := self._bars(network) if self.legend.is_shown(network) else []:
                self._draw(bars, -GROUP_WIDTH / 2 + (place + 0.5) * width, width, pen)
        self._fit()

    def _draw(self, bars: Sequence[Bar], beside: float, width: float, pen: QPen) -> None:
        """Draw one network's, so far ``beside`` the middles of their groups."""
        text = self._theme.colours["text"]
        x, heights = ([bar.group + beside for bar in bars], [bar.value for bar in bars])
        no_line = QPen(Qt.PenStyle.NoPen)
        self.plot.addItem(
            pg.BarGraphItem(x=x, height=heights, width=width * 0.92, brush=pen.color(), pen=no_line)
        )
        if any(bar.spread for bar in bars):
            at = {"x": np.array(x), "y": np.array(heights), "pen": self.pen("line")}
            whiskers = 2 * np.array([bar.spread for bar in bars])
            self.plot.addItem(pg.ErrorBarItem(**at, height=whiskers, beam=CAP * width))
        for place, bar in zip(x, bars, strict=True) if self._labelled else ():
            label = pg.TextItem(bar.text, color=text, anchor=(0.5, 1))
            label.setPos(place, bar.top)
            self.plot.addItem(label)

    def _fit(self) -> None:
        """Span the axes, with room for the values above the highest bar."""
        tops = [bar.top for bar in self._all_bars()]
        self.plot.getAxis("left").setStyle(showValues=bool(tops))
        line, height = self.fontMetrics().height(), self.plot.getViewBox().height()
        above = 1 + (line + BESIDE_VALUE) / max(height - line - BESIDE_VALUE, line)
        up = max(tops, default=1) * (above if self._labelled else 1.05) or 1
        self.plot.set_home(x=(-0.6, max(len(self._groups), 1) - 0.4), y=(0, up))


def _ends(bar: Bar) -> tuple[float | None, float | None]:
    """Both ends of its whisker; nothing where it has none."""
    return (bar.value - bar.spread, bar.top) if bar.spread else (None, None)
