"""A plot without its menu is drawn as the library's is."""

import pyqtgraph as pg
import pytest
from PySide6.QtWidgets import QApplication

from kdstudio.gui.plots.plain_plot import Group, PlainPlot


def drawn(qtbot, plot, dress):
    widget = pg.PlotWidget(plotItem=plot)
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    for shift in (0, 1):
        widget.plot([1, 2, 3, 4], [1 + shift, 10, 100, 1000], name=f"curve {shift}")
    dress(widget)
    return widget.grab().toImage()


@pytest.mark.slow
@pytest.mark.parametrize(
    "dress",
    [
        lambda plot: None,
        lambda plot: plot.showGrid(x=True, y=True, alpha=0.25),
        lambda plot: plot.setLogMode(x=True, y=True),
        lambda plot: plot.getPlotItem().setClipToView(True),
        lambda plot: plot.getPlotItem().setDownsampling(ds=2, mode="mean"),
    ],
)
def test_it_is_drawn_as_the_librarys(dress, qtbot):
    assert drawn(qtbot, PlainPlot(), dress) == drawn(qtbot, pg.PlotItem(enableMenu=False), dress)


def test_it_has_no_widgets_and_can_be_closed(qapp):
    before = {*QApplication.allWidgets()}
    plot = PlainPlot()
    assert {type(widget) for widget in {*QApplication.allWidgets()} - before} <= {Group}
    pg.PlotWidget(plotItem=plot).close()
    assert plot.ctrlMenu is None
