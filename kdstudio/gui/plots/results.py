"""The figure of a strategy's results: a figure of the networks against a coordinate or a cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil, floor, log10

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from kdstudio.gui.plots.band import NO_PEN, faint
from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.plots.point_names import NamedPoint, PointNames
from kdstudio.gui.theme import Theme
from kdstudio.runs.axes import Axes, Axis
from kdstudio.runs.figures import Spread
from kdstudio.runs.plot_data import PlotPoint
from kdstudio.runs.results import ResultCurve

POINT = 8
MOST_TICKS = 12
MOST_POINTS = 12
"""Of a line, that are marked."""
ROOM, NAMED_ROOM = 0.08, 0.25
"""Of the height or width, on both sides of what is drawn; names stand there too."""
SYMBOLS = "odst+x"
STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
LEVEL = Qt.PenStyle.DotLine
EMPTY = Axes("", Axis(""), Axis(""))


class ResultPlot(PlotFrame):
    """Means with a band of one standard deviation; a level line for what stands nowhere on the axis.

    One seed has no band.
    """

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__(theme, "")
        self._axes = EMPTY
        self._curves: tuple[ResultCurve, ...] = ()
        self._names = PointNames(self.plot)
        self.legend.toggled.connect(self._restyle)
        self._restyle()

    def show_curves(self, axes: Axes, curves: Sequence[ResultCurve]) -> None:
        """Draw ``curves`` within ``axes``."""
        wanted = (axes, tuple(curves))
        if wanted == (self._axes, self._curves):
            return
        if (axes.title, [c.text for c in curves]) != (self._axes.title, [c.text for c in self._curves]):
            self.legend.clear()
        self._axes, self._curves = wanted
        self.heading.setText(axes.title)
        self.plot.setAccessibleName(axes.title)
        self._restyle()

    def points(self) -> list[PlotPoint]:
        """All points that are shown, in the units of the axes; a level line has no place on the lower one."""
        found = []
        for place, curve in enumerate(self._curves):
            if not self.legend.is_shown((place, curve.text)):
                continue
            if curve.level is not None:
                found.append(self._point(curve.text, None, curve.level))
            for point in curve.points:
                name = curve.text if curve.connected else point.name
                found.append(self._point(name, point.x * self._axes.x.scale, point.y))
        return found

    def _point(self, name: str, x: float | None, y: Spread) -> PlotPoint:
        scale, several = self._axes.y.scale, y.count > 1
        low, high = ((y.mean + side * y.deviation) * scale if several else None for side in (-1, 1))
        return PlotPoint(name, x, y.mean * scale, low, high)

    def _restyle(self) -> None:
        axes, colours = self._axes, self._theme.colours
        self.plot.clear()
        along = axes.x.title + (" (logarithmic)" if axes.log_x else "")
        dress(self.plot, colours, {"bottom": along, "left": axes.y.title})
        self.plot.getAxis("bottom").setTicks(self._ticks())
        shown, names, steps, alike = [], [], [], Counter[str]()
        for place, curve in enumerate(self._curves):
            pen, key = self.pen(curve.token), (place, curve.text)
            number = alike[pen.color().name()]
            if curve.level is not None:
                pen.setStyle(LEVEL)
            else:
                pen.setStyle(STYLES[number % len(STYLES)])
                alike[pen.color().name()] += 1  # lines of one colour differ in their dashes
            self.legend.show_entry(key, curve.text, pen)
            if not self.legend.is_shown(key):
                continue
            shown.append(curve)
            if curve.level is not None:
                self._draw_level(curve.level, pen)
                continue
            self._draw_points(curve, pen, SYMBOLS[number % len(SYMBOLS)])
            if curve.stepped:
                steps += [*zip(*self._line(curve), strict=True)]
            if not curve.connected:
                names += [NamedPoint(self._x(p.x), self._y(p.y.mean), p.name) for p in curve.points]
        self._fit(shown)
        self._names.show(names, colours["text"], colours["panel"], steps)

    def _draw_level(self, level: Spread, pen: QPen) -> None:
        mean, spread = self._y(level.mean), self._y(level.deviation)
        if spread:
            edges, brush = (mean - spread, mean + spread), faint(pen.color())
            band = pg.LinearRegionItem(edges, "horizontal", brush, NO_PEN, movable=False)
            self.plot.addItem(band, ignoreBounds=True)
        self.plot.addItem(pg.InfiniteLine(mean, angle=0, pen=pen))

    def _draw_points(self, curve: ResultCurve, pen: QPen, symbol: str) -> None:
        x, means = self._line(curve)
        has_spread = not curve.stepped  # the points of a front have theirs where they are drawn
        spread = np.array([has_spread * self._y(point.y.deviation) for point in curve.points])
        if spread.any() and curve.connected and len(x) > 1:
            known = np.where([point.y.count > 1 for point in curve.points], spread, np.nan)
            edges = [
                pg.PlotCurveItem(x, means + side * known, pen=None, connect="finite") for side in (-1, 1)
            ]
            self.plot.addItem(pg.FillBetweenItem(*edges, brush=faint(pen.color())))
        elif spread.any():
            upright = QPen(pen)
            upright.setStyle(Qt.PenStyle.SolidLine)
            self.plot.addItem(pg.ErrorBarItem(x=x, y=means, height=2 * spread, pen=upright))
        has_points = not curve.connected or (len(x) <= MOST_POINTS and not curve.stepped)
        self.plot.plot(
            x, means, pen=pen if curve.connected else None, symbol=symbol if has_points else None,
            symbolSize=POINT * self.enlargement, symbolBrush=pen.color(), symbolPen=None, antialias=True,
        )  # fmt: skip

    def _line(self, curve: ResultCurve) -> tuple[np.ndarray, np.ndarray]:
        """Where its line leads: level and then upright where it is stepped."""
        x = np.array([self._x(point.x) for point in curve.points])
        means = np.array([self._y(point.y.mean) for point in curve.points])
        return (np.repeat(x, 2)[1:], np.repeat(means, 2)[:-1]) if curve.stepped else (x, means)

    def _x(self, value: float) -> float:
        scaled = value * self._axes.x.scale
        return log10(scaled) if self._axes.log_x else scaled

    def _y(self, value: float) -> float:
        return value * self._axes.y.scale

    def _ticks(self) -> list[list[tuple[float, str]]] | None:
        """At the values of a coordinate; costs, and very many values, have round ones."""
        values = sorted({point.x for curve in self._curves for point in curve.points})
        axis, log_x = self._axes.x, self._axes.log_x
        if not log_x and (axis.is_continuous or len(values) > MOST_TICKS):
            return None
        if axis.is_continuous and values:
            return [[(place, f"{10**place:,g}") for place in decades(*map(self._x, (values[0], values[-1])))]]
        step = len(values) // (MOST_TICKS + 1) + 1
        return [[(self._x(value), f"{value * axis.scale:g}") for value in values[::step]]]

    def _fit(self, curves: Sequence[ResultCurve]) -> None:
        """Let everything that is drawn be seen, level lines and bands too."""
        points = [point for curve in curves for point in curve.points]
        spreads = [point.y for point in points] + [c.level for c in curves if c.level is not None]
        if not spreads:
            return
        x = [self._x(point.x) for point in points] or [0.0]
        y = [self._y(spread.mean + side * spread.deviation) for spread in spreads for side in (-1, 1)]
        named = any(curve.points and not curve.connected for curve in curves)
        upwards = NAMED_ROOM if named else ROOM
        self.plot.set_home(x=roomy(x, ROOM), y=roomy(y, upwards))


def roomy(values: Sequence[float], share: float) -> tuple[float, float]:
    """Both ends of an axis that shows ``values``, with a ``share`` of their range as room beyond them."""
    low, high = min(values), max(values)
    room = share * (high - low) or max(abs(high), 1) * 0.05
    return low - room, high + room


def decades(low: float, high: float) -> list[float]:
    """Logarithms of 1, 3, 10, 30 … around an axis that reaches from ``low`` to ``high``, logarithms too."""
    steps = [power + part for power in range(floor(low) - 1, ceil(high) + 1) for part in (0, log10(3))]
    return [step for step in steps if low - 0.5 <= step <= high + 0.5]
