"""What mutual learning has found: every network alone, distilled from the first, and with its peers."""

from __future__ import annotations

from dataclasses import dataclass

from kdstudio.engine.strategies.mutual import ALONE, DISTILLED, MUTUAL, Mutual, network_name
from kdstudio.runs.summary import NetworkSummary, Summary

COLUMNS = {"independent": ALONE, "1 distils 2": DISTILLED, "mutual": MUTUAL}
"""The columns of the paper's table, and the way to learn that each shows."""


@dataclass(frozen=True)
class Peer:
    """One architecture, trained in several ways from the same initial weights."""

    architecture: str
    networks: dict[str, NetworkSummary]
    """By the title of the column; only those that are trained already."""


def mutual_peers(summary: Summary) -> dict[str, Peer]:
    """Every network of mutual learning, by role; empty for any other run."""
    if summary.experiment["strategy"]["name"] != Mutual.model_fields["name"].default:
        return {}
    found = {}
    for role in summary.experiment["networks"]:
        names = {column: network_name(role, way) for column, way in COLUMNS.items()}
        networks = {c: summary.networks[name] for c, name in names.items() if name in summary.networks}
        if networks:
            found[role] = Peer(next(iter(networks.values())).architecture, networks)
    return found
