"""The figure of a strategy's results: a figure of the networks against a coordinate or a cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import ceil, floor, log10

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QPen

from kdstudio.engine.views import FigureView
from kdstudio.gui.plots.band import NO_PEN, faint
from kdstudio.gui.plots.frame import PlotFrame, dress
from kdstudio.gui.plots.point_names import NamedPoint, PointNames
from kdstudio.gui.theme import Theme
from kdstudio.runs.figures import Part, Spread, axis_title, figure_called, is_figure
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
EMPTY = FigureView(title="", x="")


class ResultPlot(PlotFrame):
    """Means with a band of one standard deviation; a level line for what stands nowhere on the axis.

    One seed has no band.
    """

    def __init__(self, theme: Theme) -> None:
        """Empty."""
        super().__init__(theme, "")
        self._view = EMPTY
        self._curves: tuple[ResultCurve, ...] = ()
        self._part: Part = "test"
        self._along = ""
        self._names = PointNames(self.plot)
        self.legend.toggled.connect(self._restyle)
        self._restyle()

    def show_curves(
        self, view: FigureView, curves: Sequence[ResultCurve], part: Part = "test", along: str = ""
    ) -> None:
        """Draw ``curves`` as ``view`` declares the axes; ``along`` names the lower one better."""
        wanted = (view, tuple(curves), part, along)
        if wanted == (self._view, self._curves, self._part, self._along):
            return
        if (view, [c.text for c in curves]) != (self._view, [c.text for c in self._curves]):
            self.legend.clear()
        self._view, self._curves, self._part, self._along = wanted
        self.heading.setText(view.title)
        self.plot.setAccessibleName(view.title)
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
                found.append(self._point(name, point.x * self._scale, point.y))
        return found

    def _point(self, name: str, x: float | None, y: Spread) -> PlotPoint:
        scale, several = figure_called(self._view.y).scale, y.count > 1
        low, high = ((y.mean + side * y.deviation) * scale if several else None for side in (-1, 1))
        return PlotPoint(name, x, y.mean * scale, low, high)

    def _restyle(self) -> None:
        view, colours = self._view, self._theme.colours
        self.plot.clear()
        along = self._along or axis_title(view.x, self._part) + (" (logarithmic)" if view.log_x else "")
        dress(self.plot, colours, {"bottom": along, "left": axis_title(view.y, self._part)})
        self.plot.getAxis("bottom").setTicks(self._ticks())
        shown, names, alike = [], [], Counter[str]()
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
            if not curve.connected:
                names += [NamedPoint(self._x(p.x), self._y(p.y.mean), p.name) for p in curve.points]
        self._fit(shown)
        self._names.show(names, colours["text"], colours["panel"])

    def _draw_level(self, level: Spread, pen: QPen) -> None:
        mean, spread = self._y(level.mean), self._y(level.deviation)
        if spread:
            edges, brush = (mean - spread, mean + spread), faint(pen.color())
            band = pg.LinearRegionItem(edges, "horizontal", brush, NO_PEN, movable=False)
            self.plot.addItem(band, ignoreBounds=True)
        self.plot.addItem(pg.InfiniteLine(mean, angle=0, pen=pen))

    def _draw_points(self, curve: ResultCurve, pen: QPen, symbol: str) -> None:
        x = np.array([self._x(point.x) for point in curve.points])
        means = np.array([self._y(point.y.mean) for point in curve.points])
        spread = np.array([self._y(point.y.deviation) for point in curve.points])
        if curve.stepped:
            x, means = np.repeat(x, 2)[1:], np.repeat(means, 2)[:-1]
        elif spread.any() and curve.connected and len(x) > 1:
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

    def _x(self, value: float) -> float:
        return log10(value * self._scale) if self._view.log_x else value * self._scale

    @property
    def _scale(self) -> float:
        """From the figure's own unit to that of the axis below."""
        return figure_called(self._view.x).scale if is_figure(self._view.x) else 1.0

    def _y(self, value: float) -> float:
        return value * figure_called(self._view.y).scale

    def _ticks(self) -> list[list[tuple[float, str]]] | None:
        """At the values of a coordinate; costs, and very many values, have round ones."""
        values = sorted({point.x for curve in self._curves for point in curve.points})
        if not self._view.log_x and (is_figure(self._view.x) or len(values) > MOST_TICKS):
            return None
        if is_figure(self._view.x) and values:
            return [[(place, f"{10**place:,g}") for place in decades(*map(self._x, (values[0], values[-1])))]]
        step = len(values) // (MOST_TICKS + 1) + 1
        return [[(self._x(value), f"{value * self._scale:g}") for value in values[::step]]]

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
