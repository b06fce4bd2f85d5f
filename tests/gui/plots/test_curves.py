"""Curves: what is drawn is what was measured."""

import numpy as np
import pytest

from kdstudio.gui.plots.curves import CurvePlot, smoothed
from kdstudio.runs.curves import Series


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
