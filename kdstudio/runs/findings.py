"""Small tables of what a run has found, laid out for the terminal and the window alike."""

from __future__ import annotations

from dataclasses import dataclass

from kdstudio.engine.strategies.born_again import BASELINE, ensemble_name, generation_name
from kdstudio.runs.generations import born_again_generations
from kdstudio.runs.mutual import COLUMNS, mutual_peers
from kdstudio.runs.summary import NetworkSummary, Summary

LABELS = "labels"


@dataclass(frozen=True)
class Findings:
    """A table in words; the first columns are names, the ``figures`` last ones numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    figures: int


def findings(summary: Summary) -> list[Findings]:
    """Tables of a run, beside that of its networks; none for most strategies."""
    return [table for table in (_mutual(summary), _born_again(summary)) if table.rows]


def _mutual(summary: Summary) -> Findings:
    rows = tuple(
        (role, peer.architecture, *(_accuracy(peer.networks.get(column)) for column in COLUMNS))
        for role, peer in mutual_peers(summary).items()
    )
    columns = ("network", "architecture", *COLUMNS)
    return Findings("Test accuracy after the last epoch", columns, rows, len(COLUMNS))


def _born_again(summary: Summary) -> Findings:
    found = born_again_generations(summary)
    rows: list[tuple[str, str, NetworkSummary]] = []
    if found:
        for number, network in found.generations.items():
            taught_by = generation_name(number - 1) if number else LABELS
            rows.append((generation_name(number), taught_by, network))
        rows += [(ensemble_name(size), "", network) for size, network in found.ensembles.items()]
        rows += [(BASELINE, LABELS, found.baseline)] if found.baseline else []
    return Findings(
        "Generation by generation, after the last epoch",
        ("network", "taught by", "test accuracy", "test errors"),
        tuple((name, by, _accuracy(network), f"{network.test.errors:,}") for name, by, network in rows),
        2,
    )


def _accuracy(network: NetworkSummary | None) -> str:
    return f"{network.test.accuracy:.2%}" if network else "–"
