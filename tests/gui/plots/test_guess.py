"""The guess stands beside what was measured, and can be saved with it."""

from kdstudio.gui.plots.guess import GUESSED, LEVEL, MEASURED, GuessPlot, named_rows
from tests.runs.test_guesses import DIRECTION, SHARE, finding, question


def test_guess_measurements_and_level_are_drawn(qtbot, theme):
    plot = GuessPlot(theme)
    qtbot.addWidget(plot)
    plot.show_guess(question(SHARE), 75.0, [finding(), finding(of="student T4", low=None, high=None)])
    assert plot.points() == [
        (LEVEL, "student", 100, None, None), (MEASURED, "student", 40, 15, 65),
        (LEVEL, "student T4", 100, None, None), (MEASURED, "student T4", 40, None, None),
        (GUESSED, "", 75, None, None),
    ]  # fmt: skip
    low, high = plot.plot.getViewBox().viewRange()[0]
    assert low < 15
    assert high > 100
    assert [text for text, _pen in plot.legend.entries()] == [LEVEL, MEASURED, GUESSED]
    plot.show_guess(question(DIRECTION), "lower", [finding()])
    assert [point.curve for point in plot.points()] == [LEVEL, MEASURED]
    plot.show_guess(question(DIRECTION), "lower", [finding(tolerance=90)])
    assert plot.points()[0] == (LEVEL, "student", 0, -90, 90)
    plot.show_guess(question(SHARE), None, [finding(difference=None)])
    assert [point.curve for point in plot.points()] == [LEVEL]


def test_rows_say_what_is_held_against_unless_that_is_the_same():
    assert named_rows([finding(), finding(of="peer")]) == ["student", "peer"]
    both = [finding(), finding(of="peer", than="labels alone")]
    assert named_rows(both) == ["student, against baseline", "peer, against labels alone"]
    number = finding(than="0.1", other=0.1, scale=100, unit="%")
    assert named_rows([number, finding()]) == ["student, against 10%", "student, against baseline"]
