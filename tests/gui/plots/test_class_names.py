"""Names along an axis never lie over each other, however many and long they are."""

from itertools import pairwise

import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QFontMetrics

from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.class_names import LONGEST, fit_columns
from kdstudio.gui.plots.softened import SoftenedBars

CIFAR = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
MANY = [f"a class with the long name {number}" for number in range(100)]
NUMBERS = [str(number) for number in range(100)]


@pytest.fixture
def metrics(qapp):
    return QFontMetrics(qapp.font())


@pytest.mark.parametrize("names", [CIFAR, MANY, NUMBERS, ["3\n(unseen)", "4"]])
@pytest.mark.parametrize("width", [150, 300, 600, 1200, 4000])
def test_written_names_have_their_places_for_themselves(metrics, names, width):
    step = width / len(names)
    fitted = fit_columns(names, metrics, step, 300)
    if fitted.turned:
        assert fitted.every * step >= metrics.height()
    else:
        shown = [max(map(metrics.horizontalAdvance, name.split("\n"))) for name in names[:: fitted.every]]
        ends = [
            (n * fitted.every * step - w / 2, n * fitted.every * step + w / 2) for n, w in enumerate(shown)
        ]
        assert all(right <= left for (_, right), (left, _) in pairwise(ends))
    assert fitted.depth <= max(LONGEST, 2 * metrics.height())


def test_names_stand_upright_where_they_have_room_and_numbers_always_do(metrics):
    assert not fit_columns(CIFAR, metrics, 200, 300).turned
    assert fit_columns(CIFAR, metrics, 30, 300).turned
    assert not fit_columns(NUMBERS, metrics, 5, 300).turned


def written(axis):
    return [axis.names[number] for number, _place in axis._in_sight()]


def test_the_bars_make_room_for_turned_names(qtbot, theme):
    plot = BarPlot(theme, "Accuracy", "accuracy (%)")
    qtbot.addWidget(plot)
    plot.resize(360, 300)
    plot.show()
    plot.show_bars(CIFAR, {"teacher": [50.0] * 10}, y="accuracy (%)")
    axis = plot.plot.getAxis("bottom")
    qtbot.waitUntil(lambda: axis.size().height() >= axis._metrics.horizontalAdvance("automobile"))
    assert written(axis) == CIFAR
    plot.resize(1600, 300)
    qtbot.waitUntil(lambda: axis.size().height() < 2 * axis._metrics.height())


def test_many_classes_are_thinned_and_named_whole_where_one_points(qtbot, theme):
    plot = SoftenedBars(theme, "Softened")
    qtbot.addWidget(plot)
    plot.resize(400, 300)
    plot.show()
    plot.show_rows(MANY, {"teacher": "teacher"}, {"teacher": "teacher"})
    plot.grab()
    axis = plot.plot.getAxis("left")
    shown = written(axis)
    places = [place for _number, place in axis._in_sight()]
    assert 5 < len(shown) < 40
    assert all(b - a >= axis._metrics.height() for a, b in pairwise(places))
    assert axis.name_at(axis._place(42)) == MANY[42]
    assert axis.name_at(-1000.0) == ""


def test_a_place_of_the_axis_is_that_of_the_bars(qtbot, theme):
    plot = BarPlot(theme, "Accuracy", "accuracy (%)")
    qtbot.addWidget(plot)
    plot.resize(600, 300)
    plot.show()
    plot.show_bars(CIFAR, {"teacher": [50.0] * 10}, y="accuracy (%)")
    plot.grab()
    axis, view = plot.plot.getAxis("bottom"), plot.plot.getViewBox()
    for number in (0, 9):
        scene = view.mapViewToScene(QPointF(number, 0))
        assert axis.mapFromScene(scene).x() == pytest.approx(axis._place(number), abs=1.5)
