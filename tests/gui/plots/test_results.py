"""Figures that strategies declare: means at their places, bands, level lines, names, marks."""

from itertools import combinations, pairwise
from math import log10

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt

from kdstudio.engine.views import FigureView
from kdstudio.gui.plots.point_names import place_for
from kdstudio.gui.plots.results import ResultPlot, decades
from kdstudio.runs.axes import Axes, Axis, axes_of
from kdstudio.runs.figures import Spread
from kdstudio.runs.results import ResultCurve, ResultPoint, curves
from tests.results import row
from tests.runs.test_results import SWEEP, SWEPT

COSTS = FigureView(title="Costs", x="multiply_adds", connected=False)
CLOSE = [
    row("exit", 0.70 + step / 1000, exit=step, multiply_adds=10_000_000 + 100_000 * step) for step in range(5)
]

LONG = [(1, 0.5, "a network at the edge of the plot"), (2, 0.9, "another one, where the line goes up")]


@pytest.fixture
def plot(qtbot, theme):
    made = ResultPlot(theme)
    made.resize(700, 500)
    qtbot.addWidget(made)
    made.show()
    return made


def show(plot, view, rows, part="test"):
    plot.show_curves(axes_of(view, part), curves(view, rows, part))


def items(plot, kind):
    return [item for item in plot.plot.getPlotItem().items if isinstance(item, kind)]


def test_points_are_the_means_at_their_places_on_a_log_axis(plot):
    show(plot, SWEPT, SWEEP)
    (curve,) = items(plot, pg.PlotDataItem)
    x, y = curve.getOriginalDataset()
    assert x == pytest.approx([0, np.log10(4)])
    assert y == pytest.approx([91, 95])
    (ticks,) = plot.plot.getAxis("bottom")._tickLevels
    assert ticks == [(0.0, "1"), (pytest.approx(np.log10(4)), "4")]


def test_axes_have_their_units(plot):
    show(plot, SWEPT, SWEEP)
    assert plot.plot.getAxis("bottom").labelText == "T (logarithmic)"
    assert plot.plot.getAxis("left").labelText == "test accuracy (%)"
    show(plot, COSTS, CLOSE, "validation")
    assert plot.plot.getAxis("bottom").labelText == "multiply-adds (millions)"
    assert plot.plot.getAxis("left").labelText == "validation accuracy (%)"
    assert plot.heading.text() == "Costs"


def test_the_band_is_one_standard_deviation(plot):
    show(plot, SWEPT, SWEEP)
    (band,) = items(plot, pg.FillBetweenItem)
    lower, upper = (curve.getData()[1] for curve in band.curves)
    assert upper - lower == pytest.approx(np.full(2, 2 * 2 / 2**0.5))


def test_points_of_one_two_and_three_seeds_have_bands_where_there_is_something_to_spread(plot):
    """Deviations: none, 4/√2, and 2 of 90, 92, 94."""
    accuracies = {1: (0.9,), 2: (0.9, 0.94), 3: (0.9, 0.92, 0.94), 4: (0.9,)}
    rows = [row("clone", a, depth=d, seed=s) for d, each in accuracies.items() for s, a in enumerate(each)]
    show(plot, FigureView(title="", x="depth"), rows)
    (band,) = items(plot, pg.FillBetweenItem)
    lower, upper = (curve.getData()[1] for curve in band.curves)
    assert (upper - lower) / 2 == pytest.approx([np.nan, 4 / 2**0.5, 2, np.nan], nan_ok=True)
    left, right = band.path().boundingRect().left(), band.path().boundingRect().right()
    assert (left, right) == (pytest.approx(2), pytest.approx(3))


def test_one_seed_has_no_band(plot):
    rows = [row("clone", 0.9, depth=depth, seed=0) for depth in (1, 2)]
    show(plot, FigureView(title="", x="depth"), [*rows, row("control", 0.5)])
    assert not items(plot, pg.FillBetweenItem)
    assert not items(plot, pg.LinearRegionItem)


def test_a_level_line_of_several_seeds_has_a_band_too(plot):
    show(plot, SWEPT, SWEEP)
    (band,) = items(plot, pg.LinearRegionItem)
    assert band.getRegion() == pytest.approx((82 - 8**0.5, 82 + 8**0.5))


def test_what_stands_nowhere_is_a_dotted_line_in_sight(plot):
    show(plot, SWEPT, SWEEP)
    teacher, baseline = items(plot, pg.InfiniteLine)
    assert (teacher.value(), baseline.value()) == (pytest.approx(99), pytest.approx(82))
    assert baseline.pen.style() is Qt.PenStyle.DotLine
    low, high = plot.plot.viewRange()[1]
    assert low < 82 - 2.83
    assert high > 99


def test_a_single_point_has_a_mark_and_its_deviation(plot):
    show(plot, SWEPT, SWEEP[3:5])
    (curve,) = items(plot, pg.PlotDataItem)
    assert curve.opts["symbol"] == "o"
    (bar,) = items(plot, pg.ErrorBarItem)
    assert bar.opts["height"] == pytest.approx([2 * 2 / 2**0.5])


def test_the_legend_names_and_hides(plot):
    show(plot, SWEPT, SWEEP)
    buttons = list(plot.legend._buttons.values())
    assert [button.text() for button in buttons] == ["student mlp student α 0.1", "teacher", "baseline"]
    buttons[0].click()
    assert not items(plot, pg.PlotDataItem)
    assert len(items(plot, pg.InfiniteLine)) == 2
    show(plot, SWEPT, [*SWEEP, row("student", 0.8, temperature=2.0, alpha=0.1)])
    assert not items(plot, pg.PlotDataItem), "what is hidden stays hidden when the run goes on"


def test_lines_of_one_colour_differ_in_their_dashes(plot):
    view = FigureView(title="", x="generation", series=("depth",))
    rows = [row("clone", 0.5, generation=g, depth=d) for d in range(13) for g in (1, 2)]
    show(plot, view, rows)
    lines = [curve.opts["pen"] for curve in items(plot, pg.PlotDataItem)]
    looks = {(pen.color().name(), pen.style()) for pen in lines}
    assert len(looks) == 13


def test_unconnected_points_have_names_that_cover_no_other(plot, qtbot):
    show(plot, COSTS, CLOSE)
    labels = items(plot, pg.TextItem)
    assert [label.toPlainText() for label in labels] == [f"exit-{step}" for step in range(5)]
    (curve,) = items(plot, pg.PlotDataItem)
    assert curve.getOriginalDataset()[0] == pytest.approx([10, 10.1, 10.2, 10.3, 10.4])
    assert curve.opts["pen"] is None
    places = [label.mapRectToScene(label.boundingRect()) for label in labels]
    for one, other in combinations(places, 2):
        assert not one.intersects(other)
    room = plot.plot.getViewBox().sceneBoundingRect()
    assert all(room.contains(place) and place.width() > 20 for place in places)


def test_names_stand_beside_a_step_not_on_it(plot):
    points = [ResultPoint(x, Spread((y, y + 0.1)), name) for x, y, name in LONG]
    front = ResultCurve("front", "line", tuple(points), stepped=True)
    beside = [ResultCurve(p.name, "student", (p,), connected=False) for p in points]
    plot.show_curves(Axes("", Axis("cost"), Axis("accuracy")), [front, *beside])
    view = plot.plot.getViewBox()
    corners = [view.mapViewToScene(QPointF(*corner)) for corner in ((1, 0.55), (2, 0.55), (2, 0.95))]
    line = [QRectF(*ends).normalized().adjusted(0, 0, 1, 1) for ends in pairwise(corners)]
    places = [label.mapRectToScene(label.boundingRect()) for label in items(plot, pg.TextItem)]
    assert len(places) == 2
    assert not any(place.intersects(step) for place in places for step in line)


def test_a_name_moves_aside_where_there_is_no_room():
    size, room = QRectF(0, 0, 40, 10), QRectF(0, 0, 200, 200)
    middle = QPointF(100, 100)
    above = place_for(middle, size, [], room)
    assert (above.center().x(), above.bottom() < 100) == (100, True)
    below = place_for(middle, size, [above], room)
    assert below.top() > 100
    beside = place_for(QPointF(199, 100), size, [], room)
    assert beside.right() < 199


def test_other_words_come_with_another_view(plot):
    show(plot, SWEPT, SWEEP)
    show(plot, FigureView(title="G", x="generation", y="errors"), [row("clone", 0.5, generation=3)])
    assert [button.text() for button in plot.legend._buttons.values()] == ["clone"]
    assert plot.plot.getAxis("left").labelText == "test errors (images)"
    show(plot, SWEPT, [])
    assert not items(plot, pg.PlotDataItem)


def test_costs_of_several_sizes_have_round_ticks():
    found = decades(log10(610), log10(30_000))
    assert [round(10**place) for place in found] == [300, 1000, 3000, 10_000, 30_000]
