"""Quantities of what a run has kept of its training: weights, and its log."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.events import StageSummary
from kdstudio.engine.quantities.declaration import Evidence, Quantity, quantities
from kdstudio.engine.selecting import Selector
from kdstudio.engine.views import Comparison
from kdstudio.errors import KDStudioError


@quantities.register
class WeightDistance(Quantity):
    """Distance of weights: ‖w − w′‖ / ‖w′‖ over all weights of two networks of one architecture."""

    title: ClassVar = "distance of the weights"
    unit: ClassVar = "%"
    scale: ClassVar = 100.0

    name: Literal["weight-distance"] = "weight-distance"
    to: dict[str, int | float | str] = option(..., "To", "The other network, of the same architecture.")

    def selectors(self, kinds: Comparison) -> tuple[Selector, ...]:
        """The other network, of the strategy's result unless told otherwise."""
        return ({"kind": kinds.result, **self.to},)

    def value(self, network: str, evidence: Evidence) -> float:
        """0 where they are equal."""
        (where,) = self.selectors(evidence.kinds)
        own, other = evidence.weights(network), evidence.weights(name := evidence.other(network, where))
        if {key: w.shape for key, w in own.items()} != {key: w.shape for key, w in other.items()}:
            raise KDStudioError(f"'{network}' and '{name}' are of different architectures; choose two of one")
        apart = sum(float(((own[key] - other[key]).astype("float64") ** 2).sum()) for key in own)
        size = sum(float((other[key].astype("float64") ** 2).sum()) for key in own)
        return sqrt(apart / size)


@quantities.register
class GradientShare(Quantity):
    """A term's share of the gradient: beside the terms of its update, mean over the epochs, 0 to 1."""

    title: ClassVar = "gradient share"
    unit: ClassVar = "%"
    scale: ClassVar = 100.0
    reach: ClassVar = 1.0
    digits: ClassVar = 1

    name: Literal["gradient-share"] = "gradient-share"
    term: str = option(..., "Term", "Name of the loss term, as at its curve.")

    def told(self) -> dict[str, str]:
        """Name the term."""
        return {"term": f"by '{self.term}'"}

    def check(self, stages: Sequence[StageSummary]) -> None:
        """Some update must have it beside another term."""
        shared = {term: None for s in stages for update in s.updates if len(update) > 1 for term in update}
        if self.term not in shared:
            there = f"there are {', '.join(shared)}" if shared else "no update has several"
            raise ValueError(f"no term '{self.term}' shares an update with another; {there}")

    def value(self, network: str, evidence: Evidence) -> float:
        """From 0 to 1."""
        shares = evidence.gradient_shares(network)
        if self.term not in shares:
            known = ", ".join(shares) or "none"
            raise KDStudioError(f"no gradients of '{self.term}' are known of '{network}'; of {known} are")
        return shares[self.term]
