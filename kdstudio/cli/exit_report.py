"""The command ``exits``: what a run's early exits give and cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from kdstudio.runs.early_exits import PARTS, ExitFigures, ExitReport

USUAL_THRESHOLDS = (0.5, 0.7, 0.8, 0.9, 0.95, 0.99)


def as_record(report: ExitReport, thresholds: Sequence[float]) -> dict[str, Any]:
    """Everything that is printed, for scripts; latencies in seconds."""

    def described(way: ExitFigures) -> dict[str, Any]:
        return {
            "network": way.name,
            "parameters": way.parameters,
            "multiply_adds": way.multiply_adds,
            "latency": way.latency._asdict(),
            "accuracy": way.accuracy,
        }

    return {
        "runtime": report.runtime,
        "exits": [described(way) for way in report.ways],
        "baseline": described(report.baseline) if report.baseline else None,
        "ensemble": {
            **report.passing[-1]._asdict(),
            "accuracy": {part: report.ensemble_accuracy(part) for part in PARTS},
        },
        "leaving": {
            part: [report.leaving(part, threshold)._asdict() for threshold in thresholds] for part in PARTS
        },
    }


def print_report(found: dict[str, Any], output: Console) -> None:
    """Print what :func:`as_record` gives: each exit as a network of its own, then the thresholds."""
    laid = _table("network", "parameters", "multiply-adds", "latency", "its quartiles", "validation", "test")
    laid.title = f"Latency of one image in {found['runtime']}, 1 thread"
    baseline = [found["baseline"]] if found["baseline"] else []
    for way in (*found["exits"], *baseline):
        latency = way["latency"]
        laid.add_row(
            way["network"],
            f"{way['parameters']:,}",
            f"{way['multiply_adds']:,}",
            _milliseconds(latency["median"]),
            f"{_milliseconds(latency['lower'])} to {_milliseconds(latency['upper'])}",
            *(f"{way['accuracy'][part]:.2%}" for part in PARTS),
        )
    both = found["ensemble"]
    laid.add_row(
        "ensemble",
        "",
        f"{both['multiply_adds']:,}",
        _milliseconds(both["latency"]),
        "",
        *(f"{both['accuracy'][part]:.2%}" for part in PARTS),
    )
    output.print(laid)
    leaving = _table(
        "leave when as sure as",
        "validation",
        "test",
        "mean multiply-adds",
        "mean latency",
        "left at each exit",
    )
    for validation, test in zip(*(found["leaving"][part] for part in PARTS), strict=True):
        leaving.add_row(
            f"{test['threshold']:g}",
            f"{validation['accuracy']:.2%}",
            f"{test['accuracy']:.2%}",
            f"{test['multiply_adds']:,.0f}",
            _milliseconds(test["latency"]),
            "  ".join(f"{share:.0%}" for share in test["shares"]),
        )
    leaving.title = f"Leaving early, latency in {found['runtime']}"
    output.print(leaving)


def _table(first: str, *figures: str) -> Table:
    laid = Table(box=None, pad_edge=False, header_style="bold", title_justify="left", title_style="bold")
    laid.add_column(first)
    for title in figures:
        laid.add_column(title, justify="right")
    return laid


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms"
