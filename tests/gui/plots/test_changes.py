import pytest

from kdstudio.gui.plots.changes import MOST_ROWS, ChangesPlot
from kdstudio.runs.differences import Interval
from kdstudio.runs.fidelity import ClassChange


def change(name, mean, half=0.01):
    return ClassChange(name, 10, 0.5, 0.5, Interval(mean, 0.1, mean - half, mean + half, abs(mean) > half), 3)


def test_rows_are_named_and_what_is_shown_of_them_told_in_words(qtbot, theme):
    plot = ChangesPlot(theme)
    qtbot.addWidget(plot)
    plot.show_changes([change("cat", 0.1), change("dog", 0.0), change("owl", -0.1)])
    assert [button.text() for button in plot.legend._buttons.values()] == ["gained", "not shown", "lost"]
    assert plot.plot.getAxis("left").names == ["cat", "dog", "owl"]
    assert len(plot.plot.listDataItems()) == 6
    plot.legend._buttons["lost"].click()
    assert len(plot.plot.listDataItems()) == 4


def test_each_class_is_saved_with_its_interval(qtbot, theme):
    plot = ChangesPlot(theme)
    qtbot.addWidget(plot)
    plot.show_changes([change("cat", 0.1), change("dog", 0.0)])
    assert plot.points() == [
        ("gained", 10.0, "cat", pytest.approx(9.0), pytest.approx(11.0)),
        ("not shown", 0.0, "dog", pytest.approx(-1.0), pytest.approx(1.0)),
    ]


def test_of_many_classes_those_that_changed_most_are_shown(qtbot, theme):
    plot = ChangesPlot(theme)
    qtbot.addWidget(plot)
    plot.show_changes([change(str(number), 0.5 - number / 100) for number in range(100)])
    half = MOST_ROWS // 2
    assert plot.plot.getAxis("left").names == [*map(str, range(half)), *map(str, range(100 - half, 100))]
