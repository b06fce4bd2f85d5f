"""The legend shows names as they are."""

import pytest
from PySide6.QtGui import QPen

from kdstudio.gui.plots.frame import PlotFrame
from kdstudio.gui.plots.legend import Legend, first_lines, in_lines


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
def test_a_legend_takes_a_quarter_and_the_others_are_in_a_menu(qtbot, plot, count):
    for number in range(count):
        plot.legend.show_entry(number, f"network number {number} 98.76", QPen())
    legend, line = plot.legend, plot.legend._buttons[0].sizeHint().height()
    qtbot.waitUntil(lambda: legend.height() == legend.heightForWidth(legend.width()) >= line)
    in_sight = [button for button in legend._buttons.values() if button.isVisible()]
    assert all(legend.rect().contains(button.geometry()) for button in in_sight)
    assert legend.height() <= 300 / 4
    assert plot.plot.height() >= 180
    assert legend._more.isVisible() == (count == 40)
    if count == 40:
        assert legend._more.text() == f"{40 - len(in_sight)} more"
        assert not any(legend._more.geometry().intersects(button.geometry()) for button in in_sight)
    else:
        assert len(in_sight) == count


def test_what_is_in_the_menu_hides_and_shows_its_curve_too(qtbot, plot):
    for number in range(40):
        plot.legend.show_entry(number, f"network number {number}", QPen())
    qtbot.waitUntil(lambda: plot.legend._more.isVisible())
    menu = plot.legend._more.menu()
    menu.aboutToShow.emit()
    last = menu.actions()[-1]
    assert last.text() == "network number 39"
    with qtbot.waitSignal(plot.legend.toggled) as told:
        last.trigger()
    assert told.args == [39, False]
    assert not plot.legend.is_shown(39)
    assert len(plot.legend.entries()) == 39


def test_an_entry_of_several_unfolds(qtbot, plot):
    plot.legend.show_entry("students", "students, 9 trials", QPen(), parts="Each trial")
    with qtbot.waitSignal(plot.legend.unfolded) as told:
        plot.legend._arrows["students"].click()
    assert told.args == ["students", True]
    plot.legend.remove("students")
    assert plot.legend.entries() == []


def test_entries_are_set_like_words_and_the_last_line_has_room_for_the_menu():
    assert in_lines([40, 40, 40], 100) == [(0, 0), (0, 44), (1, 0)]
    assert first_lines([40, 40, 40], 100, 2, 30) == [(0, 0), (0, 44), (1, 0)]
    assert first_lines([40, 40, 40], 100, 1, 30) == [(0, 0)]
    assert first_lines([90, 90], 100, 1, 30) == []


def test_a_legend_grows_with_its_texts(qtbot, plot):
    for number in range(2):
        plot.legend.show_entry(number, "short", QPen())
    qtbot.waitUntil(lambda: 0 < plot.legend.height() < 2 * plot.legend._buttons[0].height())
    before = plot.legend.height()
    for number in range(2):
        plot.legend.show_entry(number, "a text that is much longer than it was", QPen())
    qtbot.waitUntil(lambda: plot.legend.height() > before)
