"""Early exits of a network on a bench: their heads, and how each is saved as a network of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from torch import nn

from kdstudio.engine.bench import Bench
from kdstudio.engine.network import Head, Network
from kdstudio.errors import KDStudioError
from kdstudio.models.exits import Exit, ExitHead


class EarlyExit(NamedTuple):
    """An exit's name and its heads: the last gives its logits, the one before the features matched."""

    name: str
    heads: list[Head]


def deepest_tap(network: Network) -> str:
    """Name of the tap of the deepest features: the last but ``pool``."""
    return [tap for tap in network.taps if tap != "pool"][-1]


def early_exits(bench: Bench, network: Network, taps: Sequence[str], head: ExitHead) -> list[EarlyExit]:
    """Add exits ``exit-1``, ``exit-2``, … at ``taps``; at every block but the last where none are given.

    Raises KDStudioError for an unknown tap, for a network of one block, and where it cannot be cut.
    """
    deepest = deepest_tap(network)
    places = taps or [tap for tap in network.taps if tap not in ("pool", deepest)]
    if not places:
        raise KDStudioError(
            f"'{network.architecture}' has one block, '{deepest}', and no place for an exit before it; "
            "choose a deeper network"
        )
    for tap in places:
        if tap not in network.taps:
            raise KDStudioError(f"no tap '{tap}' for an exit; there are {', '.join(network.taps)}")
    found = []
    for number, tap in enumerate(sorted(set(places), key=list(network.taps).index), start=1):
        early = Exit(
            of=network.name,
            tap=tap,
            head=head,
            features=bench.shape(network, tap),
            deepest=bench.shape(network, deepest),
        )
        found.append(_add(bench, network, f"exit-{number}", early))
    return found


def _add(bench: Bench, network: Network, name: str, early: Exit) -> EarlyExit:
    heads: list[Head] = []

    def make(part: str) -> nn.Module:
        return early.build(bench.classes)[part]

    for part in early.build(bench.classes):
        heads.append(
            bench.head(
                f"{name} {part}",
                partial(make, part),
                heads[-1].name if heads else f"{network.name}.{early.tap}",
                architecture="linear" if heads else f"{early.head} exit at {early.tap}",
            )
        )
    bench.cut(name, network, early, heads)
    return EarlyExit(name, heads)
