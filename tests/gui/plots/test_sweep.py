"""Sweeps: means over the seeds at their temperatures, labels alone as a level line."""

import numpy as np
import pyqtgraph as pg
import pytest

from kdstudio.gui.plots.sweep import SweepPlot
from kdstudio.runs.sweep import Setting, Spread

STUDENTS = {
    "student": {
        Setting("student", 0.1, 1.0): Spread((0.90, 0.92)),
        Setting("student", 0.1, 4.0): Spread((0.94, 0.96)),
        Setting("student", 1.0, 1.0): Spread((0.80,)),
    }
}


@pytest.fixture
def plot(qtbot, theme):
    made = SweepPlot(theme, "Sweep", "accuracy (%)")
    qtbot.addWidget(made)
    made.show_students(STUDENTS, {"student": "mlp 30-30"})
    return made


def items(plot, kind):
    return [item for item in plot.plot.getPlotItem().items if isinstance(item, kind)]


def test_points_are_the_means_at_their_temperatures(plot):
    (curve,) = items(plot, pg.PlotDataItem)
    x, y = curve.getOriginalDataset()
    assert x == pytest.approx([1, 4])
    assert y == pytest.approx([91, 95])


def test_the_band_is_one_standard_deviation(plot):
    (band,) = items(plot, pg.FillBetweenItem)
    lower, upper = (curve.getData()[1] for curve in band.curves)
    assert upper - lower == pytest.approx(np.full(2, 2 * 100 * 0.02 / 2**0.5))


def test_labels_alone_are_a_level_line(plot):
    (line,) = items(plot, pg.InfiniteLine)
    assert line.value() == pytest.approx(80)


def test_the_legend_names_architectures_and_hides(plot):
    buttons = list(plot.legend._buttons.values())
    assert [button.text() for button in buttons] == [
        "student mlp 30-30", "student on the labels alone",
    ]  # fmt: skip
    buttons[0].click()
    assert not items(plot, pg.FillBetweenItem)
    assert items(plot, pg.InfiniteLine)
