"""Rows of results that no run has made: only what a test is about matters."""

from typing import Any

import torch

from kdstudio.engine.events import EpochScores, NetworkResult, RunWarning, Scores
from kdstudio.engine.views import Comparison, View
from kdstudio.runs.early_exits import PARTS, Cost, ExitFigures, ExitReport
from kdstudio.runs.latency import Latency
from kdstudio.runs.predictions import Predictions
from kdstudio.runs.summary import Summary


def scores(accuracy: float = 0.5, loss: float = 1.0) -> Scores:
    """Scores of 1000 images."""
    errors = round(1000 * (1 - accuracy))
    return Scores(count=1000, accuracy=accuracy, errors=errors, loss=loss, calibration_error=0.0)


def row(
    kind: str, test: float, validation: float = 0.5, *, role: str = "", best: float = 0.0, **more: Any
) -> NetworkResult:
    """A network; what is no field of a row is a coordinate of it."""
    fields = {key: more.pop(key) for key in tuple(more) if key in NetworkResult.model_fields}
    role = role or ("teacher" if kind == "teacher" else "student")
    return NetworkResult(
        **{"architecture": f"mlp {role}", "parameters": 1234} | fields,
        role=role,
        kind=kind,
        coordinates=more,
        last_epoch=EpochScores(epoch=4, validation=scores(validation), test=scores(test)),
        best_epoch=EpochScores(epoch=3, validation=scores(validation), test=scores(best or test)),
    )


def doubt(network: str = "student") -> RunWarning:
    """A warning of a network."""
    return RunWarning(
        code="network-at-chance",
        stage="student",
        network=network,
        title=f"{network} is at <chance>",
        message="10.0% are right.",
        remedy="Lower its learning rate.",
    )


def run(
    *rows: NetworkResult, views: tuple[View, ...] = (), comparison: Comparison | None = None, **more: Any
) -> Summary:
    """A finished run with these rows."""
    given: dict[str, Any] = {
        "status": "finished",
        "name": "run",
        "started": "2026-01-01T00:00:00",
        "experiment": {"strategy": {"name": "nobody-knows"}},
        "class_names": ("cat", "dog", "owl"),
    }
    networks = {found.name: found for found in rows}
    return Summary(**given | more, networks=networks, views=views, comparison=comparison or Comparison())


def exit_report() -> ExitReport:
    """One exit, the whole network and a baseline; predictions drawn at random."""
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
    return ExitReport(ways, passing, baseline, dict.fromkeys(PARTS, predictions), tokens, "onnxruntime 1.2")
