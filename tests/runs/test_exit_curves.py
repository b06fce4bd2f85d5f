"""What an early-exit report draws, against its own numbers."""

import pytest

from kdstudio.runs.early_exits import THRESHOLDS
from tests.results import exit_report


@pytest.mark.parametrize(
    ("cost", "expected"), [("multiply_adds", [2e6, 5e6, 5e6]), ("latency", [0.001, 0.004, 0.004])]
)
def test_exits_and_baseline_stand_at_their_cost_and_leaving_early_is_a_line(cost, expected):
    report = exit_report()
    line, exits, baseline = report.curves(cost)
    points = (*exits.points, *baseline.points)
    assert [(p.x, p.name) for p in points] == list(
        zip(expected, ("exit-1", "student", "baseline"), strict=True)
    )
    assert [p.y.mean for p in points] == [0.5, 0.75, 0.7]
    left = [report.leaving("test", threshold) for threshold in THRESHOLDS]
    assert [p.x for p in line.points] == [getattr(p, cost) for p in left]
    assert [p.y.mean for p in line.points] == [p.accuracy for p in left]
    assert (line.connected, exits.connected, baseline.connected) == (True, False, False)
    assert (line.token, exits.token, baseline.token) == ("line", "student", "baseline")
