"""Loss terms: what is compared, by which loss, with which weight. No torch here: forms read them too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from kdstudio.engine.losses import response

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.engine.context import Scorable
    from kdstudio.engine.network import Head, Network

LABELS = "labels"
INDEX = "index"
"""Number of each sample in the training part, ``(B,)``."""
IMAGES = "images"
"""The images as they are fed, ``(B, C, H, W)``; gradients to them can be taken."""
GIVEN = (LABELS, INDEX, IMAGES)
"""Addresses that every batch fills."""

Weight = float | Callable[[float], float]
"""A number, or a function of the progress through the stage's epochs, 0 to 1."""
Loss = Callable[..., "Tensor"]
Divergence = Literal["kl", "ce"]


@dataclass(frozen=True)
class LossTerm:
    """One named loss: ``loss(*values of the inputs, *detached values of the targets)``, a scalar.

    Only the ``inputs`` (one address, or several that are matched together) get gradient; no
    target can leak any.
    """

    name: str
    loss: Loss
    inputs: str | tuple[str, ...]
    targets: tuple[str, ...]
    weight: Weight = 1.0
    formula: str = ""
    """The loss in mathematical signs, unweighted, with its numbers."""

    def __post_init__(self) -> None:
        """Take one target without brackets, as one input may stand."""
        if isinstance(self.targets, str):
            object.__setattr__(self, "targets", (self.targets,))

    @property
    def learned(self) -> tuple[str, ...]:
        """The addresses that get gradient."""
        return (self.inputs,) if isinstance(self.inputs, str) else self.inputs

    @property
    def reads(self) -> tuple[str, ...]:
        """Every address whose value the loss is given, in that order."""
        return (*self.learned, *self.targets)

    def weight_at(self, progress: float) -> float:
        """Return the weight at ``progress`` through the stage, 0 in the first epoch, 1 in the last."""
        return self.weight(progress) if callable(self.weight) else self.weight

    def spoken(self) -> str:
        """``0.1·CE(y, softmax(z_s))``."""
        weight = self.weight_at(0.0)
        return self.formula if weight == 1 else f"{weight:g}·{self.formula}"


def formula_of(terms: Sequence[LossTerm]) -> str:
    """``L = …``: the sum of the weighted terms."""
    return "L = " + " + ".join(term.spoken() for term in terms)


def logits(network: str | Network | Head | Scorable) -> str:
    """Address of the logits of a network, by its name or itself, or of a head that gives some."""
    if isinstance(network, str):
        return f"{network}.logits"
    return getattr(network, "logits", network.name)


def label_loss(
    network: str | Network | Head | Scorable,
    weight: Weight = 1.0,
    *,
    name: str = "label loss",
    sign: str = "s",
) -> LossTerm:
    """Cross-entropy of the logits ``z_sign`` of a network or head to the labels."""
    formula = f"CE(y, softmax(z_{sign}))"
    return LossTerm(name, response.cross_entropy, logits(network), (LABELS,), weight, formula)


def soft_loss(
    network: str | Network | Head | Scorable,
    teachers: Sequence[str],
    temperature: float,
    weight: Weight = 1.0,
    *,
    divergence: Divergence = "kl",
    shares: Sequence[float] = (),
    target: str = "z_t",
    name: str = "soft loss",
) -> LossTerm:
    """``T²·D`` of the network's softened predictions from those at the addresses ``teachers``.

    Of several teachers it is the sum over them, weighted by ``shares`` (equal where none are given); its
    gradient is that of one divergence from the teachers' weighted mean prediction. ``target`` is the
    teacher's sign in the formula. Hinton, Vinyals, Dean 2015.
    """
    soft = response.soft_kl if divergence == "kl" else response.soft_cross_entropy
    loss: Loss = partial(soft, temperature=temperature)
    weights = tuple(shares) or (1 / len(teachers),) * len(teachers)
    if weights != (1.0,):
        loss = partial(response.over_teachers, loss=loss, shares=weights)
    t, sign = f"{temperature:g}", " ‖ " if divergence == "kl" else ", "
    formula = f"{t}²·{divergence.upper()}(softmax({target}/{t}){sign}softmax(z_s/{t}))"
    return LossTerm(name, loss, logits(network), tuple(teachers), weight, formula)
