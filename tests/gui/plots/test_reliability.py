import pytest

from kdstudio.engine.scoring import Bin
from kdstudio.gui.plots.reliability import LEAST, MOST, Calibration, ReliabilityPlot, points


def test_points_are_in_percent_and_as_large_as_they_hold_images():
    bins = (Bin(0, None, None), Bin(25, 0.4, 0.2), Bin(75, 0.9, 0.8))
    x, y, sizes = points(bins)
    assert (x, y) == ([40, 90], [20, 80])
    assert sizes == pytest.approx([LEAST + (MOST - LEAST) * 0.5, LEAST + (MOST - LEAST) * 0.75**0.5])
    assert points(bins[:1]) == ([], [], [])
    assert points((Bin(5, float("nan"), 0.2),)) == ([], [], [])


def test_every_network_has_its_line_and_its_error_in_the_legend(qtbot, theme):
    plot = ReliabilityPlot(theme)
    qtbot.addWidget(plot)
    found = Calibration((Bin(4, 0.9, 0.5),), 0.4)
    plot.show_networks({"teacher": found, "student": found}, {"teacher": "teacher", "student": "student"})
    assert [button.text() for button in plot.legend._buttons.values()] == ["teacher 40.0 %", "student 40.0 %"]
    assert len(plot.plot.listDataItems()) == 3  # and the diagonal
    plot.legend._buttons["student"].click()
    assert len(plot.plot.listDataItems()) == 2
