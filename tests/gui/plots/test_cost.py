import pytest
import torch

from kdstudio.gui.plots.cost import TIME, WORK, CostPlot
from kdstudio.runs.early_exits import PARTS, THRESHOLDS, Cost, ExitFigures, ExitReport
from kdstudio.runs.latency import Latency
from kdstudio.runs.predictions import Predictions


@pytest.fixture
def report():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(30) % 3
    logits = {name: torch.randn(30, 3, generator=generator) for name in ("exit-1", "student")}
    predictions = Predictions(("a", "b", "c"), torch.zeros(30, 1, 2, 2, dtype=torch.uint8), labels, logits)

    def way(name, work, seconds, accuracy):
        latency = Latency(seconds, seconds * 0.9, seconds * 1.2)
        return ExitFigures(name, 100, work, latency, dict.fromkeys(PARTS, accuracy))

    ways = (way("exit-1", 2_000_000, 0.001, 0.5), way("student", 5_000_000, 0.004, 0.75))
    passing = (Cost(2_000_000, 0.001), Cost(5_500_000, 0.005))
    baseline = way("baseline", 5_000_000, 0.004, 0.7)
    return ExitReport(ways, passing, baseline, dict.fromkeys(PARTS, predictions))


def points(plot):
    """Positions of the points, one curve each, then the line's."""
    data = [item.getData() for item in plot.plot.listDataItems()]
    single = [(float(x[0]), float(y[0])) for x, y in data if len(x) == 1]
    (line,) = [(list(x), list(y)) for x, y in data if len(x) > 1]
    return single, line


@pytest.mark.parametrize(("axis", "expected"), [(WORK, [2.0, 5.0, 5.0]), (TIME, [1.0, 4.0, 4.0])])
def test_exits_and_baseline_stand_at_their_cost_and_accuracy(qtbot, theme, report, axis, expected):
    plot = CostPlot(theme)
    qtbot.addWidget(plot)
    plot.show_report(report)
    plot.axis_box.setCurrentText(axis)
    single, (x, y) = points(plot)
    assert [place for place, _ in single] == pytest.approx(expected)
    assert [share for _, share in single] == pytest.approx([50, 75, 70])
    left = [report.leaving("test", threshold) for threshold in THRESHOLDS]
    cost = [p.multiply_adds / 1e6 if axis == WORK else 1e3 * p.latency for p in left]
    assert x == pytest.approx(cost)
    assert y == pytest.approx([100 * p.accuracy for p in left])


def test_an_entry_of_the_legend_hides_its_points(qtbot, theme, report):
    plot = CostPlot(theme)
    qtbot.addWidget(plot)
    plot.show_report(report)
    plot.legend._buttons["exits"].setChecked(False)
    assert len(points(plot)[0]) == 1
