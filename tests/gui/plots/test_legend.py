"""The legend shows names as they are."""

import pytest
from PySide6.QtGui import QPen

from kdstudio.gui.plots.frame import PlotFrame
from kdstudio.gui.plots.legend import Legend


def test_a_name_with_an_ampersand_marks_no_shortcut(qtbot):
    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_entry("student", "cats & dogs", QPen())
    button = legend._buttons["student"]
    assert button.text() == "cats && dogs"
    assert button.shortcut().isEmpty()


@pytest.fixture
def plot(qtbot, theme):
    frame = PlotFrame(theme, "Accuracy")
    qtbot.addWidget(frame)
    frame.resize(400, 300)
    frame.show()
    return frame


@pytest.mark.parametrize("count", [1, 3, 40])
def test_every_line_is_in_sight_and_many_leave_the_plot_its_room(qtbot, plot, count):
    for number in range(count):
        plot.legend.show_entry(number, f"network number {number} 98.76", QPen())
    entries, line = plot.legend.widget(), plot.legend._buttons[0].height()
    qtbot.waitUntil(lambda: plot.legend.height() >= line)
    if count == 40:
        qtbot.waitUntil(lambda: entries.height() > plot.legend.height())
        assert plot.legend.height() < 4 * line
    else:
        qtbot.waitUntil(lambda: entries.height() <= plot.legend.height())
        assert plot.legend.verticalScrollBar().maximum() == 0
    assert plot.plot.height() > 150


def test_a_legend_grows_with_its_texts(qtbot, plot):
    for number in range(2):
        plot.legend.show_entry(number, "short", QPen())
    qtbot.waitUntil(lambda: 0 < plot.legend.height() < 2 * plot.legend._buttons[0].height())
    before = plot.legend.height()
    for number in range(2):
        plot.legend.show_entry(number, "a text that is much longer than it was", QPen())
    qtbot.waitUntil(lambda: plot.legend.height() > before)
