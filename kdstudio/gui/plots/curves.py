"""A plot of curves that grow while a run goes on."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import log10

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from kdstudio.gui.plots.band import Band
from kdstudio.gui.plots.canvas import Span
from kdstudio.gui.plots.curve_parts import FEW, Drawn, Items, Part, SeedItems, end_to_end, marks, smoothed
from kdstudio.gui.plots.frame import FEW_POINTS, PlotFrame, curve_points, dress
from kdstudio.gui.theme import Theme
from kdstudio.runs.colours import Token
from kdstudio.runs.curves import Series
from kdstudio.runs.mean_curves import BANDS, SeedCurves, thinned
from kdstudio.runs.plot_data import PlotPoint

STYLES = (
    Qt.PenStyle.SolidLine,
    Qt.PenStyle.DashLine,
    Qt.PenStyle.DotLine,
    Qt.PenStyle.DashDotLine,
    Qt.PenStyle.DashDotDotLine,
)
RAW_ALPHA = 80
EACH = "Show each trial"
BESIDE = 0.02
"""Room at both ends of the lower axis, as a share of it."""
LOWEST = 10
"""A logarithmic axis has no place for a band that reaches 0; this part of the mean is its lowest edge."""


class CurvePlot(PlotFrame):
    """Curves with a title, axes with units, a legend above, and an optional log axis.

    What differs in the seed alone is one curve: the mean, with a band of one standard deviation. So are
    families of many trials, with a band from the lowest to the highest, until the user unfolds them.
    """

    def __init__(self, theme: Theme, title: str, x: str, y: str, empty: Span = (0, 1)) -> None:
        """``x`` and ``y`` name the axes, with units; ``empty`` is what y spans before the first point."""
        super().__init__(theme, title)
        self._axes = {"bottom": x, "left": y}
        self._empty = empty
        self._along: Span | None = None
        self._smoothing, self._log = 0.0, False
        self._drawn: dict[Hashable, Drawn] = {}
        self._curves: dict[Hashable, Items] = {}
        self._seeds: dict[Hashable, SeedItems] = {}
        self._members: dict[Hashable, Sequence[Part]] = {}
        self._unfolded: set[Hashable] = set()
        self.plot.getPlotItem().setDownsampling(auto=True, mode="peak")
        self.plot.getPlotItem().setClipToView(True)
        self.plot.getViewBox().setDefaultPadding(0.03)
        self.legend.toggled.connect(self._show_curve)
        self.legend.unfolded.connect(self._unfold)
        self._restyle()

    def clear(self) -> None:
        """Take every curve out; nothing of their axes stays."""
        self.plot.clear()
        self.legend.clear()
        self._drawn, self._curves, self._seeds = {}, {}, {}
        self._members.clear()
        self._unfolded.clear()
        self.plot.reset()
        self._fit()

    def expect(self, end: float) -> None:
        """Let the lower axis reach from 0 to ``end``, however far the curves have come."""
        self._along = -BESIDE * end, (1 + BESIDE) * end
        self._fit()

    def _fit(self) -> None:
        """Span the axes; where all points are at one height, it has some room around."""
        series = [each for drawn in self._drawn.values() for each in drawn.curves.several]
        up: Span | None = None
        if not any(each.y for each in series):
            up = self._empty
        elif all(len(each.y) <= FEW for each in series):
            heights = {value for each in series for value in each.y}
            if len(heights) == 1:
                only = heights.pop()
                middle, room = (log10(only), 0.5) if self._log and only > 0 else (only, abs(only) / 2 or 0.5)
                up = middle - room, middle + room
        self.plot.set_home(x=self._along, y=up)

    def name_axes(self, x: str, y: str) -> None:
        """Name the axes otherwise, with units."""
        self._axes = {"bottom": x, "left": y}
        self._restyle()

    def show_series(self, key: Hashable, name: str, token: Token, style: int, series: Series) -> None:
        """Draw ``series``; the ``token`` picks the colour, ``style`` the dashes."""
        self.show_seeds(key, name, token, style, SeedCurves((series,), 1))

    def show_family(self, head: Part, members: Sequence[Part]) -> None:
        """Draw ``head``, which stands for all of ``members``; each of these too where the user unfolds it."""
        self._members[head.key] = members
        self.show_seeds(*head, parts=EACH)
        for member in members if head.key in self._unfolded else ():
            self.show_seeds(*member)

    def _unfold(self, key: Hashable, unfolded: bool) -> None:
        if unfolded:
            self._unfolded.add(key)
            for member in self._members[key]:
                self.show_seeds(*member)
        else:
            self._unfolded.discard(key)
            for member in self._members[key]:
                self._remove(member.key)

    def _remove(self, key: Hashable) -> None:
        """Take one curve out."""
        self.legend.remove(key)
        del self._drawn[key]
        items = [*self._curves.pop(key)]
        if key in self._seeds:
            band, growing = self._seeds.pop(key)
            items += [band.area, growing]
        for item in items:
            self.plot.removeItem(item)

    def show_seeds(
        self, key: Hashable, name: str, token: Token, style: int, curves: SeedCurves, parts: str = ""
    ) -> None:
        """Draw the mean of ``curves`` with its band; the legend tells of how many, and offers ``parts``."""
        wanted = Drawn(name, token, style, curves, curves.points, parts)
        known = self._drawn.get(key)
        if known and known._replace(curves=curves) == wanted:
            return
        self._drawn[key] = wanted
        antialias = self.devicePixelRatioF() < 1.5  # wider pens are slow with it, and do not need it
        if curves.planned > 1 and key not in self._seeds:
            growing = self.plot.plot(antialias=antialias, connect="finite")
            self._seeds[key] = SeedItems(Band(self.plot), growing)
        if key not in self._curves:
            self._curves[key] = Items(*(self.plot.plot(antialias=antialias) for _ in range(2)))
        self._draw(key)
        self._fit()

    def points(self) -> list[PlotPoint]:
        """All points of the curves that are shown, unsmoothed, with both edges of their bands."""
        found = []
        for key, drawn in self._drawn.items():
            if self.legend.is_shown(key):
                mean, _ = drawn.curves.mean()
                edges = (edge or [None] * len(mean.x) for edge in drawn.curves.edges())
                found += [PlotPoint(drawn.name, *at) for at in zip(mean.x, mean.y, *edges, strict=True)]
                for series in drawn.curves.growing:
                    found += curve_points(
                        f"{drawn.name}, another of the {drawn.curves.over}", series.x, series.y
                    )
        return found

    def set_log(self, log: bool) -> None:
        """Use a logarithmic y axis, or a linear one."""
        self._log = log
        self.plot.reset()
        self.plot.setLogMode(y=log)
        self._draw_all()
        self._fit()

    def set_smoothing(self, share: float) -> None:
        """Smooth by an exponential mean that keeps ``share`` of the past; raw points stay visible."""
        self._smoothing = share
        self._draw_all()

    def _draw_all(self) -> None:
        for key in self._drawn:
            self._draw(key)

    def _draw(self, key: Hashable) -> None:
        drawn, items = self._drawn[key], self._curves[key]
        mean, _ = drawn.curves.mean()
        last = f"  {mean.y[-1]:.4g}" if mean.y else ""
        x, y = map(self._drawable, (mean.x, mean.y))
        pen = self.pen(drawn.token, STYLES[drawn.style % len(STYLES)], len(x))
        about = BANDS[drawn.curves.over] if drawn.curves.planned > 1 else ""
        self.legend.show_entry(key, drawn.curves.called(drawn.name) + last, pen, about, drawn.parts)
        faint = QColor(pen.color())
        faint.setAlpha(RAW_ALPHA)
        faint_pen, middle = pg.mkPen(faint, width=self.thin), smoothed(y, self._smoothing)
        mark = marks(len(x), pen.color(), self.enlargement)
        items.raw.setData(x, y, pen=faint_pen if self._smoothing else pen, **mark)
        items.smooth.setData(x, middle, pen=pen)
        if key in self._seeds:
            band, growing = self._seeds[key]
            longest = max((len(series.x) for series in drawn.curves.growing), default=0)
            beside = faint_pen if drawn.curves.over == "seeds" else pen
            several = [Series(*map(self._drawable, (each.x, each.y))) for each in drawn.curves.growing]
            growing.setData(
                *end_to_end(several), pen=beside, **marks(longest, beside.color(), self.enlargement)
            )
            low, high = map(self._drawable, drawn.curves.edges())
            if len(low):
                below, above = smoothed(y - low, self._smoothing), smoothed(high - y, self._smoothing)
                floor = middle / LOWEST if self._log else -np.inf
                band.show(x, np.maximum(middle - below, floor), middle + above, pen.color())
        self._show_curve(key, self.legend.is_shown(key))

    def _drawable(self, values: Sequence[float]) -> np.ndarray:
        """Return ``values``; where lines are enlarged, means of so few neighbours that they can be thick."""
        return np.asarray(thinned(values, FEW_POINTS) if self.enlargement > 1 else values)

    def _show_curve(self, key: Hashable, shown: bool) -> None:
        raw, smooth = self._curves[key]
        raw.setVisible(shown)
        smooth.setVisible(shown and self._smoothing > 0)
        if key in self._seeds:
            band, growing = self._seeds[key]
            growing.setVisible(shown)
            band.area.setVisible(shown and len(self._drawn[key].curves.farthest) > 1)

    def _restyle(self) -> None:
        dress(self.plot, self._theme.colours, self._axes)
        self._draw_all()
