"""Quantities of what networks answer to the test images: softened, beside others, and their gradients."""

from __future__ import annotations

from math import log
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.quantities.declaration import Evidence, Quantity, quantities
from kdstudio.engine.selecting import Selector
from kdstudio.engine.views import Comparison


@quantities.register
class Entropy(Quantity):
    """Entropy: mean over the test images of the entropy of softmax(z/T), in nats."""

    title: ClassVar = "entropy"
    unit: ClassVar = "nats"
    reach: ClassVar = log(10)  # of ten classes

    name: Literal["entropy"] = "entropy"
    temperature: float = option(1.0, "Temperature T", "Logits are divided by it.", gt=0, le=1000)

    def told(self) -> dict[str, str]:
        """Name T."""
        return {"temperature": f"at T = {self.temperature:g}"}

    def value(self, network: str, evidence: Evidence) -> float:
        """In nats."""
        from kdstudio.engine.softening import entropy

        (logits,) = evidence.answers(network).logits
        return float(entropy(logits, self.temperature).mean())


class _BesideAnother(Quantity):
    """A quantity of what two networks answer."""

    to: dict[str, int | float | str] = option({}, "To", "The other network; else what is learned from.")

    def selectors(self, kinds: Comparison) -> tuple[Selector, ...]:
        """The other network."""
        return ({"kind": kinds.reference, **self.to},)

    def _other(self, network: str, evidence: Evidence) -> str:
        (where,) = self.selectors(evidence.kinds)
        return evidence.other(network, where)


@quantities.register
class Agreement(_BesideAnother):
    """Agreement: share of the test images to which another network gives the same answer, 0 to 1."""

    title: ClassVar = "agreement"
    unit: ClassVar = "%"
    scale: ClassVar = 100.0
    reach: ClassVar = 1.0
    digits: ClassVar = 2

    name: Literal["agreement"] = "agreement"

    def value(self, network: str, evidence: Evidence) -> float:
        """From 0 to 1."""
        own, other = evidence.answers(network, self._other(network, evidence)).logits
        return float((own.argmax(1) == other.argmax(1)).double().mean())


@quantities.register
class SoftGradientShare(_BesideAnother):
    """Soft loss's share: of the gradient at the logits, beside the label loss, 0 to 1 (Hinton 2015, sec. 2).

    ``(1 − α)·‖∇soft‖ / ((1 − α)·‖∇soft‖ + α·‖∇label‖)``, where each norm is the mean over the test images of
    the L2 norm at the network's logits, soft = KL to the other's answers at T, with the factor T² or without.
    """

    title: ClassVar = "gradient share of the soft loss"
    unit: ClassVar = "%"
    scale: ClassVar = 100.0
    reach: ClassVar = 1.0
    digits: ClassVar = 1

    name: Literal["soft-gradient-share"] = "soft-gradient-share"
    temperature: float = option(1.0, "Temperature T", "Both logits are divided by it.", gt=0, le=1000)
    squared: bool = option(True, "T²", "Whether the soft loss has the factor T².")
    alpha: float = option(0.5, "Alpha α", "Weight of the label loss; the soft loss has 1 − α.", gt=0, lt=1)

    def told(self) -> dict[str, str]:
        """Name T, and whether it is squared."""
        squared = f"{'with' if self.squared else 'without'} T²"
        return {"temperature": f"at T = {self.temperature:g}", "squared": squared}

    def value(self, network: str, evidence: Evidence) -> float:
        """From 0 to 1."""
        from kdstudio.engine.softening import softened

        labels, (own, other) = evidence.answers(network, self._other(network, evidence))
        t = self.temperature
        soft = (t if self.squared else 1 / t) * (softened(own, t) - softened(other, t)).norm(dim=1).mean()
        hard = softened(own, 1.0)
        hard[range(len(labels)), labels] -= 1
        weighted, beside = (1 - self.alpha) * float(soft), self.alpha * float(hard.norm(dim=1).mean())
        return weighted / (weighted + beside)
