"""The history of a study: what is drawn, and what is saved of it."""

from kdstudio.gui.plots.study_history import BEST, PRUNED, RESULT, StudyHistoryPlot
from kdstudio.runs.plot_data import PlotPoint
from kdstudio.runs.studies.history import History, ToldTrial


def history(*results, goal="accuracy"):
    trials = tuple(
        ToldTrial(number, state, {}, value, 1, "", None, "") for number, (state, value) in enumerate(results)
    )
    return History("s", "", goal, (), "small", 20, trials, {})


def test_every_trial_with_a_value_has_a_mark(qtbot, theme):
    plot = StudyHistoryPlot(theme)
    qtbot.addWidget(plot)
    plot.show_history(
        history(("finished", 0.5), ("pruned", 0.25), ("failed", None), ("finished", 0.75), ("running", 0.9))
    )
    assert plot.points() == [
        PlotPoint(BEST, 0, 50),
        PlotPoint(BEST, 3, 75),
        PlotPoint(RESULT, 0, 50),
        PlotPoint(RESULT, 3, 75),
        PlotPoint(PRUNED, 1, 25),
    ]
    assert plot.plot.getAxis("left").labelText == "accuracy (%)"


def test_the_axis_spans_the_results_and_what_was_given_up_far_away_stands_at_its_edge(qtbot, theme):
    plot = StudyHistoryPlot(theme)
    qtbot.addWidget(plot)
    plot.show_history(history(("finished", 0.9), ("pruned", 0.1), ("finished", 1.0)))
    low, high = plot.plot.getViewBox().viewRange()[1]
    assert 80 < low < 90
    assert 100 < high < 110
    drawn = {item.name(): item.getOriginalDataset()[1] for item in plot.plot.getPlotItem().listDataItems()}
    assert low <= drawn[PRUNED][0] < 90
    assert plot.points()[-1] == PlotPoint(PRUNED, 1, 10)


def test_what_is_minimised_descends(qtbot, theme):
    plot = StudyHistoryPlot(theme)
    qtbot.addWidget(plot)
    plot.show_history(history(("finished", 2.0), ("finished", 3.0), ("finished", 1.0), goal="loss"))
    assert [point.y for point in plot.points() if point.curve == BEST] == [2, 2, 1]


def test_a_study_without_results_is_empty(qtbot, theme):
    plot = StudyHistoryPlot(theme)
    qtbot.addWidget(plot)
    plot.show_history(history(("running", None)))
    assert plot.points() == []
