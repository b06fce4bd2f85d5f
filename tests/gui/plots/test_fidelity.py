import pytest

from kdstudio.gui.plots.fidelity import FidelityPlot, in_percent
from kdstudio.runs.fidelity import Fidelity
from kdstudio.runs.figures import Spread


def test_a_point_for_each_network_in_percent(qtbot, theme):
    plot = FidelityPlot(theme)
    qtbot.addWidget(plot)
    spread = Spread((0.8, 0.9))
    row = Fidelity("student", "teacher", 10, spread, Spread((0.5,)), Spread((0.1,)))
    plot.show_rows([row], {"student": "student"})
    (dots,) = plot.plot.listDataItems()
    assert [values.tolist() for values in dots.getData()] == [[pytest.approx(85)], [50]]
    assert in_percent(spread) == pytest.approx((85, 100 * spread.deviation))
