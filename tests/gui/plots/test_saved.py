"""Every plot of the window as files: pictures that hold its colours, tables that hold its numbers."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from kdstudio.engine.views import FigureView
from kdstudio.gui.plots.bars import BarPlot
from kdstudio.gui.plots.curves import CurvePlot
from kdstudio.gui.plots.frame import PlotFrame
from kdstudio.gui.plots.matrix import MatrixPlot
from kdstudio.gui.plots.results import ResultPlot
from kdstudio.gui.plots.shifts import ShiftCurves
from kdstudio.gui.plots.softened import SoftenedBars
from kdstudio.gui.plots.temperature_curves import Line, TemperatureCurves
from kdstudio.runs.axes import axes_of
from kdstudio.runs.curves import Series
from kdstudio.runs.mean_curves import SeedCurves
from kdstudio.runs.results import curves
from kdstudio.runs.unseen import ShiftCurve
from tests.gui.plots.saved import has_colour, picture_of, rows_of, texts_of
from tests.results import row

DEPTH = FigureView(title="Against depth", x="depth", series=("kind",))
COST = FigureView(title="Cost & more", x="multiply_adds", series=("kind",), connected=False)


def seeds(*values):
    return SeedCurves(tuple(Series([1.0, 2.0], list(each)) for each in values), len(values))


def curve_plot(theme):
    plot = CurvePlot(theme, "Losses <raw>", "epoch", "loss (nats)")
    plot.show_seeds("a", "student & more", "student", 0, seeds((0.1, 1 / 3), (0.3, 2 / 3)))
    plot.show_series("b", "teacher", "teacher", 1, Series([1.0, 2.0], [5.0, 7.0]))
    return plot


def bar_plot(theme):
    plot = BarPlot(theme, "Errors", "errors (images)")
    plot.show_bars(["one\nrun", "two"], {"teacher": [10, None], "student": [30, 50.5]}, y="errors (images)")
    return plot


def result_plot(theme):
    plot = ResultPlot(theme)
    rows = [row("student", a, depth=d, seed=s) for d in (1, 2) for s, a in enumerate((0.6, 0.8))]
    plot.show_curves(axes_of(DEPTH), curves(DEPTH, [*rows, row("teacher", 0.9)]))
    return plot


def cost_plot(theme):
    plot = ResultPlot(theme)
    rows = [row("student", 0.5, multiply_adds=2_000_000), row("teacher", 0.75, multiply_adds=5_000_000)]
    plot.show_curves(axes_of(COST), curves(COST, rows))
    return plot


def temperature_curves(theme):
    plot = TemperatureCurves(theme, "Entropy", "entropy (nats)", log=True)
    plot.show_lines((1.0, 2.0, 20.0), [Line("student", "student", (0.1, 0.2, 0.9))])
    return plot


def shift_curves(theme):
    plot = ShiftCurves(theme, "Test images")
    course = ShiftCurve(np.array([-1.0, 0.0, 1.0]), np.array([0.5, 0.25, 0.125]), np.array([0.0, 0.5, 1.0]))
    plot.show_course(course, "student", "added to 3", 0.5)
    return plot


def softened_bars(theme):
    plot = SoftenedBars(theme, "Softened")
    plot.show_rows(["cat", "dog"], {"student": "student says cat"}, {"student": "student"})
    plot.set_lengths({"student": np.array([0.75, 0.25])})
    return plot


def matrix_plot(theme):
    plot = MatrixPlot(theme, "Confusion")
    plot.show_matrix(["cat", "dog"], np.array([[0.9, 0.1], [np.nan, 1 / 3]]), "student")
    return plot


MAKERS = (
    curve_plot,
    bar_plot,
    result_plot,
    cost_plot,
    temperature_curves,
    shift_curves,
    softened_bars,
    matrix_plot,
)


@pytest.fixture
def show(qtbot, theme):
    def make(maker):
        plot = maker(theme)
        qtbot.addWidget(plot)
        plot.resize(520, 360)
        plot.show()
        return plot

    return make


@pytest.mark.slow
@pytest.mark.parametrize("maker", MAKERS)
def test_a_picture_is_twice_as_large_and_in_the_colours_of_the_window(show, theme, maker):
    plot = show(maker)
    for scheme in ("light", "dark"):
        theme.choose(scheme)
        pixels = picture_of(plot)
        assert pixels.shape[1] > 2 * 500
        assert has_colour(plot, theme.colours["panel"])
        assert has_colour(plot, theme.colours.of("student"))


@pytest.mark.parametrize("maker", MAKERS)
def test_a_drawing_names_what_the_plot_names(show, maker):
    texts = texts_of(show(maker))
    wanted = {
        curve_plot: {"Losses <raw>", "epoch", "loss (nats)"},
        bar_plot: {"Errors", "errors (images)", "teacher", "student"},
        result_plot: {"Against depth", "depth", "test accuracy (%)", "student", "teacher"},
        cost_plot: {"Cost & more", "multiply-adds (millions)", "student", "teacher"},
        temperature_curves: {"Entropy", "temperature T", "entropy (nats)", "20"},
        shift_curves: {"Test images", "added to 3", "unseen classes right", "fitted"},
        softened_bars: {"Softened", "probability", "student says cat", "cat", "dog"},
        matrix_plot: {"Confusion", "true class", "class answered", "cat", "dog"},
    }
    assert wanted[maker] <= {*texts}


def test_curves_are_means_with_one_deviation_to_both_sides(show):
    head, rows = rows_of(show(curve_plot))
    assert head == ["curve", "epoch", "loss (nats)", "low", "high"]
    first, second, *others = rows
    assert first[0] == "student & more"
    assert [*map(float, first[1:])] == pytest.approx([1, 0.2, 0.2 - 0.02**0.5, 0.2 + 0.02**0.5])
    assert [*map(float, second[1:])] == pytest.approx([2, 0.5, 0.5 - 18**-0.5, 0.5 + 18**-0.5])
    assert others == [["teacher", "1.0", "5.0", "", ""], ["teacher", "2.0", "7.0", "", ""]]


def test_bars_are_told_by_network_and_group(show):
    head, rows = rows_of(show(bar_plot))
    assert head == ["curve", "x", "errors (images)"]
    assert rows == [
        ["teacher", "one run", "10.0"],
        ["student", "one run", "30.0"],
        ["student", "two", "50.5"],
    ]


def test_results_are_in_the_units_of_the_axes_and_levels_have_no_place(show):
    head, rows = rows_of(show(result_plot))
    assert head == ["curve", "depth", "test accuracy (%)", "low", "high"]
    assert [row[:2] for row in rows] == [["student", "1.0"], ["student", "2.0"], ["teacher", ""]]
    assert [*map(float, rows[0][2:])] == pytest.approx([70, 70 - 200**0.5, 70 + 200**0.5])
    assert rows[2][2:] == ["90.0", "", ""]


def test_points_that_nothing_joins_are_told_by_their_names(show):
    _, rows = rows_of(show(cost_plot))
    assert [[name, float(x), float(y)] for name, x, y in rows] == [["student", 2, 50], ["teacher", 5, 75]]


def test_log_axes_change_no_number(show):
    _, rows = rows_of(show(temperature_curves))
    assert rows == [["student", "1.0", "0.1"], ["student", "2.0", "0.2"], ["student", "20.0", "0.9"]]


def test_both_curves_of_a_shift_are_told(show):
    head, rows = rows_of(show(shift_curves))
    assert head[1:] == ["added to 3", "share of images (%)"]
    assert ["unseen classes right", "0.0", "50.0"] in rows
    assert ["wrong predictions", "1.0", "12.5"] in rows
    assert len(rows) == 6


def test_softened_probabilities_are_told_class_by_class(show):
    assert rows_of(show(softened_bars))[1] == [["student", "cat", "0.75"], ["student", "dog", "0.25"]]


def test_a_matrix_is_told_as_one_with_the_names_of_its_classes(show):
    head, rows = rows_of(show(matrix_plot))
    assert head == ["true class", "cat", "dog"]
    assert rows == [["cat", "0.9", "0.1"], ["dog", "", repr(1 / 3)]]


@pytest.mark.parametrize(
    ("maker", "key"), [(curve_plot, "b"), (bar_plot, "teacher"), (result_plot, (1, "teacher"))]
)
def test_what_is_hidden_is_not_saved(show, theme, maker, key):
    plot = show(maker)
    assert has_colour(plot, theme.colours.of("teacher"))
    plot.legend._buttons[key].setChecked(False)
    assert "teacher" not in [row[0] for row in rows_of(plot)[1]]
    assert not has_colour(plot, theme.colours.of("teacher"))


def test_a_plot_that_says_nothing_of_its_points_tells_those_of_its_curves(qtbot, theme):
    plot = PlotFrame(theme, "New")
    qtbot.addWidget(plot)
    plot.plot.plot([1, 2], [3, 4], name="named")
    plot.plot.plot([5], [6.5])
    hidden = plot.plot.plot([7], [8])
    hidden.hide()
    assert rows_of(plot)[1] == [["named", "1.0", "3.0"], ["named", "2.0", "4.0"], ["curve 2", "5.0", "6.5"]]


def test_saving_leaves_the_plot_as_it_was(show):
    plot = show(result_plot)
    before = plot.grab().toImage()
    for key in plot.content().formats:
        plot.content().file(key)
    assert plot.grab().toImage() == before


def test_what_lies_outside_the_axes_is_not_drawn(show, theme):
    """Zoomed in on the left half: the line goes on to the right within its frame alone."""
    plot = show(curve_plot)
    plot.plot.setXRange(1, 1.2, padding=0)
    plot.plot.setYRange(0, 1, padding=0)
    teacher = plot.pen("teacher").color().getRgb()[:3]
    assert not (np.abs(picture_of(plot)[120:].astype(int) - teacher).max(2) <= 2).any()  # below its legend
    assert b"<svg" in plot.content().file("svg").partition(b"<svg")[2]  # the inner one clips


def test_a_right_click_on_a_plot_offers_every_format(qtbot, show):
    plot = show(curve_plot)
    qtbot.waitExposed(plot)
    place = plot.plot.viewport().rect().center()
    with qtbot.waitSignal(plot.plot.scene().sigMouseClicked):
        qtbot.mouseClick(plot.plot.viewport(), Qt.MouseButton.RightButton, pos=place)
    (menu,) = (child for child in plot.children() if child.metaObject().className() == "QMenu")
    told = [action.text().partition("\t")[0] for action in menu.actions() if action.text()]
    assert told == ["Copy", "Save as…", "PNG picture…", "SVG drawing…", "CSV…", "Reset view"]
    menu.close()


def test_a_right_click_on_a_matrix_offers_every_format(show):
    plot = show(matrix_plot)
    plot.customContextMenuRequested.emit(QPoint(5, 5))
    (menu,) = (child for child in plot.children() if child.metaObject().className() == "QMenu")
    assert "CSV…" in [action.text() for action in menu.actions()]
    menu.close()
