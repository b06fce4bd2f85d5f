"""Early exits of a network: heads on its taps, each with what is before it a network of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from kdstudio.engine.context import RunContext, Scorable
from kdstudio.engine.identity import EXIT
from kdstudio.engine.network import Network
from kdstudio.errors import KDStudioError
from kdstudio.models.heads.bottleneck import Bottleneck
from kdstudio.models.heads.classifier import Classifier
from kdstudio.models.heads.declaration import Shape

ExitHead = Literal["bottleneck", "light"]


class EarlyExit(NamedTuple):
    """An exit: a network of its own, with the addresses of its logits and of the features before them."""

    network: Scorable
    logits: str
    features: str


def deepest_tap(network: Network) -> str:
    """Name of the tap of the deepest features: the last but ``pool``."""
    return [tap for tap in network.taps if tap != "pool"][-1]


def early_exits(run: RunContext, network: Network, taps: Sequence[str], head: ExitHead) -> list[EarlyExit]:
    """Add exits ``exit-1``, ``exit-2``, … at ``taps``; at every block but the last where none are given.

    A ``bottleneck`` leads to the shape of the deepest features, then to a classifier; a ``light`` head is
    a classifier alone. Raises KDStudioError for an unknown tap and for a network of one block.
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
    ordered = sorted(set(places), key=list(network.taps).index)
    return [_exit(run, network, number, tap, head) for number, tap in enumerate(ordered, start=1)]


def adapted(run: RunContext, early: EarlyExit, deepest: Shape) -> str:
    """Add a head that pools an exit's features and leads them, by a linear layer, to the ``deepest`` ones.

    It serves in training alone and is no part of the exit, whose features are already of that shape. Returns
    its address; the value is ``(B, C)``. The authors' later code of Zhang et al. 2019.
    """
    return run.head(
        f"{early.network.name} adaptation",
        Classifier(features=deepest, classes=deepest[0]),
        early.features,
        architecture="pool and linear layer",
    ).name


def _exit(run: RunContext, network: Network, number: int, tap: str, head: ExitHead) -> EarlyExit:
    name, features = f"exit-{number}", f"{network.name}.{tap}"
    shape = run.shape(network, tap)
    if head == "bottleneck":
        deepest = run.shape(network, deepest_tap(network))
        features = run.head(
            f"{name} features",
            Bottleneck(features=shape, deepest=deepest),
            features,
            architecture=f"bottleneck exit at {tap}",
        ).name
        shape = deepest
    classifier = run.head(
        f"{name} classifier", Classifier(features=shape, classes=run.data.classes), features,
        architecture="linear" if head == "bottleneck" else f"light exit at {tap}",
    )  # fmt: skip
    return EarlyExit(run.compose(classifier, EXIT, exit=number), classifier.name, features)
