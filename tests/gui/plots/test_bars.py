"""Bars begin at 0 and have the heights of the values."""

import pyqtgraph as pg

from kdstudio.gui.plots.bars import BarPlot


def items(plot, kind):
    return [item for item in plot.plot.getPlotItem().items if isinstance(item, kind)]


def values(plot):
    return [item.toPlainText() for item in items(plot, pg.TextItem)]


def test_bars_have_the_given_heights_and_gaps_where_there_is_no_value(qtbot, theme):
    plot = BarPlot(theme, "Errors", "errors")
    qtbot.addWidget(plot)
    plot.show_bars(["a", "b"], {"teacher": [5.0, 7.0], "student": [None, 9.0]}, y="errors")
    bars = items(plot, pg.BarGraphItem)
    assert [list(item.opts["height"]) for item in bars] == [[5.0, 7.0], [9.0]]
    low, _ = plot.plot.getViewBox().viewRange()[1]
    assert low == 0


def test_a_network_is_hidden_by_its_legend(qtbot, theme):
    plot = BarPlot(theme, "Errors", "errors")
    qtbot.addWidget(plot)
    plot.show_bars(["a"], {"teacher": [5.0], "student": [9.0]}, y="errors")
    plot.legend._buttons["teacher"].click()
    bars = items(plot, pg.BarGraphItem)
    assert [list(item.opts["height"]) for item in bars] == [[9.0]]


def test_values_stand_above_the_bars_only_where_they_have_room(qtbot, theme):
    plot = BarPlot(theme, "Errors", "errors")
    qtbot.addWidget(plot)
    plot.show()
    plot.show_bars(
        list("abcdefghij"), {name: [100.0] * 10 for name in ("teacher", "baseline", "student")}, y="errors"
    )

    for width, count in ((400, 0), (2000, 30), (400, 0)):
        plot.resize(width, 300)
        qtbot.waitUntil(lambda count=count: values(plot) == ["100"] * count)


def test_means_have_whiskers_and_are_as_exact_as_these(qtbot, theme):
    plot = BarPlot(theme, "Errors", "errors")
    qtbot.addWidget(plot)
    plot.resize(800, 400)
    plot.show()
    plot.show_bars(
        ["a", "b"],
        {"teacher": [6.0, 7.0], "student": [7.75, 166.6], "baseline": [8.5, None]},
        y="errors",
        spreads={"student": [1.5, 36.0], "baseline": [0.25, 0.0]},
    )
    qtbot.waitUntil(lambda: values(plot) == ["6", "7", "7.8", "167", "8.5"])
    whiskers = [list(item.opts["height"]) for item in items(plot, pg.ErrorBarItem)]
    assert whiskers == [[3.0, 72.0], [0.5]]
    assert [label.pos().y() for label in items(plot, pg.TextItem)] == [6, 7, 9.25, 202.6, 8.75]
    assert plot.plot.getViewBox().viewRange()[1][1] > 202.6
    assert plot.points()[2:] == [
        ("student", "a", 7.75, 6.25, 9.25), ("student", "b", 166.6, 130.6, 202.6),
        ("baseline", "a", 8.5, 8.25, 8.75),
    ]  # fmt: skip
    plot.lend(8.0)  # in the hall there is room for none of them
    qtbot.waitUntil(lambda: values(plot) == [])
