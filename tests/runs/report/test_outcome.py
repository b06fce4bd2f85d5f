import re

import pytest

from kdstudio.engine.views import FigureView, TableView
from kdstudio.runs.axes import axes_of
from kdstudio.runs.report.outcome import chart_of, in_words, leading_figures, outcome
from kdstudio.runs.results import curves
from tests.results import row, run

BY_DEPTH = TableView(title="By <depth>", rows=("depth",), best="validation.accuracy")
AGAINST = FigureView(title="Against depth", x="depth", series=("kind",))
SEEDS = [row(kind, a, seed=s) for kind, *both in (("control", 0.5, 0.52, 0.51), ("student", 0.7, 0.71, 0.69))
         for s, a in enumerate(both)]  # fmt: skip


def plain(markup):
    return re.sub("<[^>]+>", "", markup)


def test_all_tables_and_figures_of_a_run_are_shown(reported):
    rows = (row("student", 0.6, 0.6, depth=1), row("student", 0.7, 0.7, depth=2), row("teacher", 0.9))
    shown = "".join(outcome(reported(run(*rows, views=(BY_DEPTH, AGAINST)))).parts)
    for words in ("By &lt;depth&gt;", "best validation accuracy", "Against depth", "70.00%"):
        assert words in shown


def test_before_anything_is_scored_there_is_nothing(reported):
    assert outcome(reported(run())) is None


def test_what_is_gained_is_said_in_words_with_its_interval(reported):
    """The differences of accuracy are 20, 19 and 18 points: 19 ± 4.303 · 1 / √3 = 2.5."""
    words = plain("".join(in_words(run(*SEEDS).comparisons)))
    assert "student against baseline: better by 190 ± 25 errors (3 seeds); +19.0 ± 2.5 points" in words
    assert "95 % interval" in words


def test_one_seed_is_no_statement_and_needs_no_explanation():
    words = plain("".join(in_words(run(row("control", 0.5), row("student", 0.6)).comparisons)))
    assert words == "student against baseline: 1 seed: no statement"


def test_published_figures_stand_beside_and_are_escaped(reported):
    about = {"published": [{"what": "errors <1>", "value": "67 & more"}]}
    summary = run(row("student", 0.6), experiment={"strategy": {"name": "x"}, "about": about})
    shown = "".join(outcome(reported(summary)).parts)
    assert "errors &lt;1&gt;" in shown
    assert "67 &amp; more" in shown


def test_a_figure_is_drawn_in_the_units_of_its_axes():
    rows = [row("student", 0.25, multiply_adds=2_000_000), row("exit", 0.75, multiply_adds=4_000_000)]
    view = FigureView(title="Cost", x="multiply_adds", connected=False)
    chart = chart_of(axes_of(view), curves(view, rows))
    assert [(line.x, line.y, line.point_names) for line in chart.lines] == [
        ([pytest.approx(2)], [pytest.approx(25)], ["student"]),
        ([pytest.approx(4)], [pytest.approx(75)], ["exit"]),
    ]
    assert (chart.x, chart.y) == ("multiply-adds (millions)", "test accuracy (%)")
    assert not chart.marks


def test_seeds_become_a_band_and_what_has_no_place_a_level():
    rows = [row("student", a, depth=1, seed=s) for s, a in enumerate((0.6, 0.8))]
    chart = chart_of(axes_of(AGAINST), curves(AGAINST, [*rows, row("teacher", 0.9)]))
    (line,), (level,) = chart.lines, chart.levels
    assert (line.y, line.deviations) == ([pytest.approx(70)], [pytest.approx(14.142, abs=1e-3)])
    assert (level.name, level.y) == ("teacher", pytest.approx(90))
    assert list(chart.marks) == [1]


def test_the_figures_that_stand_for_the_run_are_those_of_its_result_control_and_teacher():
    told = plain(leading_figures(run(*SEEDS, row("teacher", 0.9))))
    assert told == "student 70.00% ± 1.00, baseline 51.00% ± 1.00, teacher 90.00%"
