"""What an early-exit report draws, against its own numbers."""

import pytest
import torch

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
    tokens = {"student": "student", "baseline": "baseline", "exit-1": 0}
    return ExitReport(ways, passing, baseline, dict.fromkeys(PARTS, predictions), tokens)


@pytest.mark.parametrize(
    ("cost", "expected"), [("multiply_adds", [2e6, 5e6, 5e6]), ("latency", [0.001, 0.004, 0.004])]
)
def test_exits_and_baseline_stand_at_their_cost_and_leaving_early_is_a_line(report, cost, expected):
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
    assert (line.token, exits.token, baseline.token) == (3, "student", "baseline")
