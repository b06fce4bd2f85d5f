"""What every quantity declares, what it is read from, and the registry of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, Protocol

from pydantic import BeforeValidator

from kdstudio.declaration import Declaration, Registry
from kdstudio.engine.events import NetworkResult, StageSummary
from kdstudio.engine.selecting import Selector
from kdstudio.engine.views import Comparison

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


class Answered(NamedTuple):
    """What networks answer to the test images of the classes that all of them tell apart."""

    labels: Tensor
    """int64 ``(N,)``."""
    logits: tuple[Tensor, ...]
    """float64 ``(N, K)``, one for each network asked."""


class Evidence(Protocol):
    """A finished run, as far as quantities read it; KDStudioError for what is not there."""

    @property
    def kinds(self) -> Comparison:
        """What the run's strategy holds against what."""

    def row(self, network: str) -> NetworkResult:
        """The network's row in the table of results."""

    def other(self, network: str, where: Selector) -> str:
        """Name of the one network that fits ``where`` and belongs to ``network``."""

    def weights(self, network: str) -> Mapping[str, np.ndarray]:
        """Floating-point weights after the last epoch, by name."""

    def answers(self, *networks: str) -> Answered:
        """What they answer to the test images; the data are read."""

    def gradient_shares(self, network: str) -> Mapping[str, float]:
        """Share of each term in the gradients of the update that it shares, mean over the epochs."""

    def seconds(self, network: str) -> float:
        """Median time for one image, measured on this machine."""


class Quantity(Declaration):
    """A number that can be told of a network; subclasses are registered under their ``name``."""

    title: ClassVar[str]
    """What people call it, without its options."""
    unit: ClassVar[str] = ""
    scale: ClassVar[float] = 1.0
    """What a value is multiplied by to be in that unit."""
    digits: ClassVar[int] = 3
    """Decimals of a single value."""
    reach: ClassVar[float | None] = None
    """The largest value, where there is one, so far as guesses go."""
    same_images: ClassVar[bool] = False
    """Whether two values can be compared only if they are of the same test images."""

    name: str

    def told(self) -> dict[str, str]:
        """Return what its options say, by their names: ``at T = 8``."""
        return {}

    def setting(self, but: str = "") -> str:
        """Return all that its options say, ``but`` for that one; empty where there is nothing."""
        return ", ".join(words for name, words in self.told().items() if words and name != but)

    def selectors(self, kinds: Comparison) -> tuple[Selector, ...]:
        """Return what it selects other networks by, beside the one that it is told of."""
        return ()

    def check(self, stages: Sequence[StageSummary]) -> None:
        """Raise ValueError where a run with these stages will not have it."""

    def value(self, network: str, evidence: Evidence) -> float:
        """Return it; KDStudioError where it cannot be told."""
        raise NotImplementedError


quantities = Registry[Quantity]("quantity", "kdstudio.engine.quantities", "kdstudio.quantities")

AnyQuantity = Annotated[
    Quantity, quantities, BeforeValidator(lambda given: {"name": given} if isinstance(given, str) else given)
]
"""A quantity by its name alone, or with options."""
