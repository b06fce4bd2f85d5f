"""Bars begin at 0 and have the heights of the values."""

import pyqtgraph as pg

from kdstudio.gui.plots.bars import BarPlot


def test_bars_have_the_given_heights_and_gaps_where_there_is_no_value(qtbot, theme):
    plot = BarPlot(theme, "Errors", "errors")
    qtbot.addWidget(plot)
    plot.show_bars(["a", "b"], {"teacher": [5.0, 7.0], "student": [None, 9.0]}, y="errors")
    bars = [item for item in plot.plot.getPlotItem().items if isinstance(item, pg.BarGraphItem)]
    assert [list(item.opts["height"]) for item in bars] == [[5.0, 7.0], [9.0]]
    low, _ = plot.plot.getViewBox().viewRange()[1]
    assert low == 0


def test_a_network_is_hidden_by_its_legend(qtbot, theme):
    plot = BarPlot(theme, "Errors", "errors")
    qtbot.addWidget(plot)
    plot.show_bars(["a"], {"teacher": [5.0], "student": [9.0]}, y="errors")
    plot.legend._buttons["teacher"].click()
    bars = [item for item in plot.plot.getPlotItem().items if isinstance(item, pg.BarGraphItem)]
    assert [list(item.opts["height"]) for item in bars] == [[9.0]]


def test_values_stand_above_the_bars_only_where_they_have_room(qtbot, theme):
    plot = BarPlot(theme, "Errors", "errors")
    qtbot.addWidget(plot)
    plot.show()
    plot.show_bars(
        list("abcdefghij"), {name: [100.0] * 10 for name in ("teacher", "baseline", "student")}, y="errors"
    )

    def values():
        items = plot.plot.getPlotItem().items
        return [item.toPlainText() for item in items if isinstance(item, pg.TextItem)]

    for width, count in ((400, 0), (2000, 30), (400, 0)):
        plot.resize(width, 300)
        qtbot.waitUntil(lambda count=count: values() == ["100"] * count)
