"""Early exits of a network on a run: their heads, and how each is saved as a network of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from torch import nn

from kdstudio.engine.context import RunContext
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


def early_exits(run: RunContext, network: Network, taps: Sequence[str], head: ExitHead) -> list[EarlyExit]:
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
            features=run.shape(network, tap),
            deepest=run.shape(network, deepest),
        )
        found.append(_add(run, network, f"exit-{number}", early))
    return found


def _add(run: RunContext, network: Network, name: str, early: Exit) -> EarlyExit:
    heads: list[Head] = []

    def make(part: str) -> nn.Module:
        return early.build(run.classes)[part]

    for part in early.build(run.classes):
        heads.append(
            run.head(
                f"{name} {part}",
                partial(make, part),
                heads[-1].name if heads else f"{network.name}.{early.tap}",
                architecture="linear" if heads else f"{early.head} exit at {early.tap}",
            )
        )
    run.cut(name, network, early, heads)
    return EarlyExit(name, heads)
