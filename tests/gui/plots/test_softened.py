import numpy as np
import pytest

from kdstudio.gui.plots.softened import SoftenedBars

TOKENS = {"teacher": "teacher", "student": "student", "baseline": 3}


@pytest.fixture
def plot(qtbot, theme):
    made = SoftenedBars(theme, "Softened")
    qtbot.addWidget(made)
    made.show_rows(["a", "b", "c"], {"teacher": "teacher says a", "student": "student says b"}, TOKENS)
    return made


def test_bars_of_a_class_lie_side_by_side_within_its_row(plot):
    bars = plot._bars
    teacher, student = (np.asarray(bars[name].opts["y"]) for name in ("teacher", "student"))
    height = bars["teacher"].opts["height"]
    assert (teacher + height / 2 <= student - height / 2).all()
    for middle in (teacher, student):
        assert (np.abs(middle - np.arange(3)) + height / 2 < 0.5).all()


def test_only_lengths_change(plot):
    before = list(plot._bars["teacher"].opts["y"])
    plot.set_lengths({"teacher": np.array([0.7, 0.2, 0.1]), "student": np.array([0.2, 0.2, 0.6])})
    assert plot._bars["teacher"].opts["width"].tolist() == [0.7, 0.2, 0.1]
    assert plot._bars["student"].opts["width"].tolist() == [0.2, 0.2, 0.6]
    assert list(plot._bars["teacher"].opts["y"]) == before


def test_the_legend_says_what_each_network_answers(plot):
    assert plot.legend._buttons["student"].text() == "student says b"


def test_another_network_replaces_the_one_before(plot):
    plot.show_rows(["a"], {"baseline": "baseline says a"}, TOKENS)
    assert list(plot._bars) == ["baseline"]
    assert list(plot.legend._buttons) == ["baseline"]


def test_bars_and_legend_have_the_colours_of_the_tokens(plot, theme):
    plot.show()
    for choice in ("light", "dark"):
        theme.choose(choice)
        for name in ("teacher", "student"):
            assert plot._bars[name].opts["brush"] == theme.colours.of(TOKENS[name])
    plot.show_rows(["a"], {"baseline": "baseline says a"}, TOKENS)
    assert plot._bars["baseline"].opts["brush"] == theme.colours.of(3)
