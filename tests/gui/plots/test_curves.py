"""Curves: what is drawn is what was measured."""

import numpy as np
import pytest

from kdstudio.gui.plots.curve_parts import Part, smoothed
from kdstudio.gui.plots.curves import CurvePlot
from kdstudio.runs.colours import Shade
from kdstudio.runs.curves import Series
from kdstudio.runs.mean_curves import SeedCurves


@pytest.fixture
def plot(qtbot, theme):
    made = CurvePlot(theme, "Loss", "epoch", "loss (nats)")
    qtbot.addWidget(made)
    return made


def test_a_curve_shows_its_points(plot):
    plot.show_series("a", "a", "student", 0, Series([1, 2, 3], [3.0, 2.0, 1.0]))
    raw, _ = plot._curves["a"]
    assert raw.getData()[0].tolist() == [1, 2, 3]
    assert raw.getData()[1].tolist() == [3, 2, 1]


def test_a_log_axis_draws_the_logarithm(plot):
    plot.show_series("a", "a", "student", 0, Series([1, 2], [1.0, 100.0]))
    plot.set_log(True)
    raw, _ = plot._curves["a"]
    assert raw.getData()[1].tolist() == pytest.approx([0, 2])


def test_the_legend_hides_and_shows_a_curve(plot):
    plot.show_series("a", "a", "student", 0, Series([1, 2], [1.0, 2.0]))
    plot.legend._buttons["a"].click()
    assert not plot._curves["a"][0].isVisible()
    plot.show_series("a", "a", "student", 0, Series([1, 2, 3], [1.0, 2.0, 3.0]))
    assert not plot._curves["a"][0].isVisible()
    plot.legend._buttons["a"].click()
    assert plot._curves["a"][0].isVisible()


def test_smoothing_is_the_weighted_mean_of_the_past():
    values = np.array([4.0, 0.0, 2.0])
    weights = [np.array([1.0]), np.array([0.5, 1.0]), np.array([0.25, 0.5, 1.0])]
    expected = [np.average(values[: len(w)], weights=w) for w in weights]
    assert smoothed(values, 0.5) == pytest.approx(expected)
    assert smoothed(values, 0.0) is values


def test_raw_points_stay_visible_behind_the_smoothed_curve(plot):
    plot.show_series("a", "a", "student", 0, Series([1, 2], [1.0, 2.0]))
    plot.set_smoothing(0.9)
    raw, smooth = plot._curves["a"]
    assert raw.isVisible()
    assert smooth.isVisible()


# several seeds


SEEDS = (Series([1, 2], [1.0, 3.0]), Series([1, 2], [3.0, 3.0]))


def edges(plot):
    """Lower and upper edge of the band, as far as there are points."""
    y = plot._seeds["a"].band.area.getOriginalDataset()[1]
    low, high = y[: len(y) // 2], y[: len(y) // 2 - 1 : -1]
    return [low.tolist(), high.tolist()]


def test_several_seeds_are_their_mean_in_a_band_of_one_deviation(plot):
    plot.show_seeds("a", "a", "student", 0, SeedCurves(SEEDS, 2))
    raw, _ = plot._curves["a"]
    assert raw.getData()[1].tolist() == [2, 3]
    assert edges(plot) == [pytest.approx([2 - 2**0.5, 3]), pytest.approx([2 + 2**0.5, 3])]
    band = plot._seeds["a"].band.area
    assert band.isVisible()
    assert band.opts["fillBrush"].rgb() == raw.opts["pen"].color().rgb()
    assert band.opts["fillBrush"].alpha() < 80
    assert [button.text() for button in plot.legend._buttons.values()] == ["a, 2 seeds  3"]
    plot.legend._buttons["a"].click()
    assert not band.isVisible()


def test_the_band_waits_for_a_second_whole_seed(plot):
    growing = Series([1], [9.0])
    curves = SeedCurves((SEEDS[0], growing), 3)
    plot.show_seeds("a", "a", "student", 0, curves)
    band, beside = plot._seeds["a"]
    assert not band.area.isVisible()
    assert np.nan_to_num(beside.getData()[1]).tolist() == [9, 0]
    assert beside.opts["pen"].color().alpha() < 255
    growing.add(2, 3.0)
    plot.show_seeds("a", "a", "student", 0, curves)
    assert band.area.isVisible()
    assert plot._curves["a"][0].getData()[1].tolist() == [5, 3]
    assert len(beside.getData()[1] if beside.getData()[0] is not None else ()) == 0


def test_the_band_is_of_what_is_smoothed(plot):
    plot.show_seeds("a", "a", "student", 0, SeedCurves(SEEDS, 2))
    plot.set_smoothing(0.5)
    mean, width = (2 * 0.5 + 3) / 1.5, 2**0.5 * 0.5 / 1.5
    assert edges(plot) == [
        pytest.approx([2 - 2**0.5, mean - width]),
        pytest.approx([2 + 2**0.5, mean + width]),
    ]


def test_a_band_that_reaches_zero_ends_within_a_log_axis(plot):
    seeds = (Series([1, 2], [1.0, 100.0]), Series([1, 2], [199.0, 100.0]))
    plot.show_seeds("a", "a", "student", 0, SeedCurves(seeds, 2))
    plot.set_log(True)
    assert edges(plot)[0] == pytest.approx([10, 100])
    area = plot._seeds["a"].band.area.curve.getPath().boundingRect()
    assert (area.top(), area.bottom()) == (pytest.approx(1), pytest.approx(np.log10(100 + 198 / 2**0.5)))


def test_a_long_band_is_drawn_by_fewer_points_from_end_to_end(plot):
    x = list(np.linspace(1, 40, 8000))
    seeds = Series(x, [1.0] * 8000), Series(x, [3.0] * 8000)
    plot.show_seeds("a", "a", "student", 0, SeedCurves(seeds, 2))
    low, high = edges(plot)
    assert len(low) == len(high) <= 500
    assert low == pytest.approx([2 - 2**0.5] * len(low))
    assert high == pytest.approx([2 + 2**0.5] * len(high))
    along = plot._seeds["a"].band.area.getOriginalDataset()[0]
    assert (along.min(), along.max()) == (1, 40)
    assert np.all(np.diff(along[: len(low)]) >= 0)


def test_one_seed_has_no_band(plot):
    plot.show_series("a", "a", "student", 0, SEEDS[0])
    assert plot._seeds == {}


# axes


def spans(plot):
    plot.plot.getViewBox().updateAutoRange()
    return plot.plot.getViewBox().viewRange()


def test_before_the_first_point_the_axes_stand_where_it_will_be(plot):
    plot.expect(40)
    plot.show_series("a", "a", "student", 0, Series())
    assert spans(plot) == [pytest.approx([0, 40], abs=1), [0, 1]]


def test_a_first_point_is_marked_and_has_room_around(plot):
    plot.expect(40)
    plot.show_series("a", "a", "student", 0, Series([0.5], [80.0]))
    (left, right), (low, high) = spans(plot)
    assert (left, right) == (pytest.approx(0, abs=1), pytest.approx(40, abs=1))
    assert 0 < low < 80 < high < 160
    raw = plot._curves["a"][0]
    assert raw.opts["symbol"] == "o"
    assert raw.opts["symbolBrush"].name() == raw.opts["pen"].color().name()


def test_many_points_are_a_line_alone(plot):
    plot.show_series("a", "a", "student", 0, Series([*range(13)], [*range(13)]))
    assert plot._curves["a"][0].opts["symbol"] is None


def test_a_new_run_has_nothing_of_the_old_ones_axes(plot):
    plot.expect(40)
    plot.show_series("a", "a", "student", 0, Series([1, 40], [500.0, 3.0]))
    plot.plot.zoom(0.5)
    plot.clear()
    plot.expect(5)
    assert spans(plot) == [pytest.approx([0, 5], abs=0.2), [0, 1]]


def test_one_height_on_a_log_axis_has_room_around(plot):
    plot.set_log(True)
    plot.show_series("a", "a", "student", 0, Series([1], [100.0]))
    assert spans(plot)[1] == pytest.approx([1.5, 2.5])


# families


def family():
    head = Part("all", "student", "student", 0, SeedCurves(SEEDS, 2, "trials"))
    members = [
        Part(name, name, Shade("student", level), 0, SeedCurves((series,), 1))
        for name, level, series in (("T1", 1, SEEDS[0]), ("T4", 8, SEEDS[1]))
    ]
    return head, members


def test_a_family_is_one_curve_in_a_band_from_lowest_to_highest_until_it_is_unfolded(plot):
    plot.show_family(*family())
    assert [*plot._curves] == ["all"]
    y = plot._seeds["all"].band.area.getOriginalDataset()[1]
    assert y.tolist() == [1, 3, 3, 3]
    assert [text for text, _pen in plot.legend.entries()] == ["student, 2 trials, min to max  3"]
    arrow = plot.legend._arrows["all"]
    arrow.click()
    assert [*plot._curves] == ["all", "T1", "T4"]
    plot.show_family(*family())
    assert len(plot.legend.entries()) == 3
    arrow.click()
    assert [*plot._curves] == [*plot._drawn] == ["all"]
    assert len(plot.legend.entries()) == 1


def test_a_trial_in_training_is_seen_in_full_colour(plot):
    head, members = family()
    growing = head._replace(curves=SeedCurves((*SEEDS, Series([1], [2.0])), 3, "trials"))
    plot.show_family(growing, members)
    pen = plot._seeds["all"].growing.opts["pen"]
    assert pen.color().alpha() == 255
