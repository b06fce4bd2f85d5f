"""How a loss term's weight changes over a stage's epochs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from kdstudio.declaration import Declaration, Registry, option


class Weighting(Declaration):
    """Course of a weight over a stage; subclasses are registered under their ``name``."""

    name: str

    def over(self, weight: float, epochs: int) -> Callable[[float], float]:
        """Return the weight as a function of progress, 0 in the first of ``epochs``, 1 in the last."""
        raise NotImplementedError


weightings = Registry[Weighting]("weighting", "kdstudio.engine.weighting", "kdstudio.weightings")
AnyWeighting = Annotated[Weighting, weightings]


@weightings.register
class Constant(Weighting):
    """Same weight in every epoch."""

    name: Literal["constant"] = "constant"

    def over(self, weight: float, epochs: int) -> Callable[[float], float]:
        """Return ``weight``, always."""
        return lambda _progress: weight


@weightings.register
class Linear(Weighting):
    """Straight line from the weight to another one in the last epoch (annealing)."""

    name: Literal["linear"] = "linear"
    final: float = option(0.0, "Final weight", "Weight in the last epoch.", ge=0, le=1e9)

    def over(self, weight: float, epochs: int) -> Callable[[float], float]:
        """Go from ``weight`` to ``final``."""
        return lambda progress: weight + (self.final - weight) * progress


@weightings.register
class WarmUp(Weighting):
    """Straight line up to the weight over the first epochs, then constant."""

    name: Literal["warm-up"] = "warm-up"
    epochs: int = option(
        20, "Warm-up epochs", "The full weight is reached in this epoch.", unit="epochs", ge=1
    )

    def over(self, weight: float, epochs: int) -> Callable[[float], float]:
        """Epoch ``n`` (from 1) has ``min(1, n / warm-up epochs)`` of ``weight``."""
        return lambda progress: weight * min(1.0, (1 + progress * (epochs - 1)) / self.epochs)
