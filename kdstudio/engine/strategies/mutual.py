"""Deep mutual learning: networks without a teacher teach each other (Zhang et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import option
from kdstudio.engine.strategy import Strategy, strategies
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import LossTerm, Stage
    from kdstudio.engine.training import TrainingSpec

ALONE, DISTILLED, MUTUAL = "alone", "distilled", "mutual"
"""The three ways to learn, and the names of their stages."""


def network_name(role: str, way: str) -> str:
    """``net-2 alone``, ``net-2 distilled``; of mutual learning ``net-2``."""
    return role if way == MUTUAL else f"{role} {way}"


@strategies.register
class Mutual(Strategy):
    """Mutual learning: networks learn side by side, each from the labels and its peers (Zhang 2018).

    The same networks (initial weights, order of samples, budget) also learn from the labels alone,
    and from net-1, once it has learned alone, by Hinton's loss: the paper's table.
    """

    name: Literal["mutual"] = "mutual"
    peers: int = option(2, "Networks K", "How many learn together: net-1, net-2, ….", ge=2, le=8)
    temperature: float = option(
        1.0, "Temperature T", "Logits are divided by it before the softmax; the paper has 1.", gt=0, le=1000
    )
    weight: float = option(
        1.0, "Weight", "Of the peers' loss beside the label loss; the paper has 1.", ge=0, le=1e9
    )
    update: Literal["in turn", "together"] = option(
        "in turn",
        "Update",
        "Each network answers to its peers' last step, as in the paper, or all step at once.",
    )
    peers_as: Literal["mean of KLs", "KL to mean"] = option(
        "mean of KLs",
        "Several peers",
        "A KL divergence to each, averaged, or one to their mean answer: the gradients are equal.",
    )
    independent: bool = option(True, "Independent", "Also train each network on the labels alone.")
    distil: bool = option(True, "1 distils 2", "Also let net-1, trained alone and frozen, teach the others.")

    def roles(self) -> tuple[str, ...]:
        """``net-1``, ``net-2``, …."""
        return tuple(f"net-{number}" for number in range(1, self.peers + 1))

    def formula(self) -> str:
        """``L = CE(y, ŷ_k) + w·T²·KL(ŷ_l, ŷ_k)`` over the peers l, with its numbers."""
        t, peers, mean = f"{self.temperature:g}", f"softmax(z_l/{self.temperature:g})", "mean over l ≠ k of "
        over, peers = (mean, peers) if self.peers_as == "mean of KLs" else ("", f"{mean}{peers}")
        return f"L = CE(y, softmax(z_k)) + {self.weight:g}·{t}²·{over}KL({peers} ‖ softmax(z_k/{t}))"

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """All alone, all but net-1 distilled from it, then all together."""
        training, roles = self._shared_training(run), self.roles()
        alone = [run.network(role, name=network_name(role, ALONE)) for role in roles]
        if self.independent:
            yield self._stage(ALONE, training, {network: [] for network in alone})
        elif self.distil:
            yield self._stage(ALONE, training, {alone[0]: []})
        if self.distil:
            others = [run.network(role, name=network_name(role, DISTILLED)) for role in roles[1:]]
            yield self._stage(DISTILLED, training, {network: [alone[0].freeze()] for network in others})
        peers = [run.network(role) for role in roles]
        yield self._stage(MUTUAL, training, {n: [peer for peer in peers if peer is not n] for n in peers})

    def _shared_training(self, run: RunContext) -> TrainingSpec:
        """Return the training that all networks share; KDStudioError where one has another."""
        first, *others = self.roles()
        training = run.recipe(first)
        for role in others:
            recipe = run.recipe(role)
            if differing := [field for field, value in training if getattr(recipe, field) != value]:
                raise KDStudioError(
                    f"all networks learn side by side, but {role} has another {', '.join(differing)} than "
                    f"{first}; make networks.{role}.training equal to networks.{first}.training"
                )
        return training

    def _stage(self, way: str, training: TrainingSpec, taught: dict[Network, Sequence[Network]]) -> Stage:
        """Make the stage in which each network is ``taught`` by those given for it."""
        from kdstudio.engine.stage import Stage

        updates = [self._terms(network, peers) for network, peers in taught.items()]
        together = [[term for update in updates for term in update]]
        teachers = {peer: None for peers in taught.values() for peer in peers if peer not in taught}
        return Stage(
            way,
            networks=[*teachers, *taught],
            updates=together if self.update == "together" else updates,
            training=training,
        )

    def _terms(self, network: Network, peers: Sequence[Network]) -> list[LossTerm]:
        from kdstudio.engine.losses.response import cross_entropy, mean_soft_kl, soft_kl_to_mean
        from kdstudio.engine.stage import LABELS, LossTerm

        own = f"{network.name}.logits"
        terms = [LossTerm(f"label loss ({network.name})", cross_entropy, own, (LABELS,))]
        if peers:
            loss = mean_soft_kl if self.peers_as == "mean of KLs" else soft_kl_to_mean
            predictions = tuple(f"{peer.name}.logits" for peer in peers)
            loss = partial(loss, temperature=self.temperature)
            terms.append(LossTerm(f"peer loss ({network.name})", loss, own, predictions, self.weight))
        return terms
