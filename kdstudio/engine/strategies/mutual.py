"""Deep mutual learning: networks without a teacher teach each other (Zhang et al. 2018)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.identity import PEER, STUDENT
from kdstudio.engine.losses import response
from kdstudio.engine.strategy import Many, Strategy, strategies
from kdstudio.engine.terms import LossTerm, formula_of, label_loss, logits
from kdstudio.engine.views import Comparison, TableView

if TYPE_CHECKING:
    from kdstudio.engine.context import RunContext
    from kdstudio.engine.network import Network
    from kdstudio.engine.stage import Stage


@strategies.register
class Mutual(Strategy):
    """Mutual learning: networks learn side by side, each from the labels and its peers (Zhang 2018).

    The same networks (initial weights, order of samples, budget) also learn from the labels alone,
    and from net-1, once it has learned alone, by Hinton's loss: the paper's table.
    """

    paper: ClassVar[str] = "Deep Mutual Learning, Zhang, Xiang, Hospedales, Lu 2018"
    describes: ClassVar = (Many("net", "peers", numbered=True),)
    views: ClassVar = (
        TableView(title="Test accuracy after the last epoch", rows=("role", "architecture"), columns="way"),
    )
    comparison: ClassVar = Comparison(result=PEER)

    name: Literal["mutual"] = "mutual"
    peers: int = option(2, "Networks K", "How many learn together: net-1, net-2, ….", ge=2, le=8, term="peer")
    temperature: float = option(
        1.0,
        "Temperature T",
        "Logits are divided by it before the softmax; the paper has 1.",
        gt=0,
        le=1000,
        term="temperature",
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
        "A KL divergence to each, averaged, or one to their mean prediction: the gradients are equal.",
        advanced=True,
        term="kl-divergence",
    )
    independent: bool = option(True, "Independent", "Also train each network on the labels alone.")
    distil: bool = option(True, "1 distils 2", "Also let net-1, trained alone and frozen, teach the others.")

    def formula(self) -> str:
        """``L = CE(y, ŷ_k) + w·T²·KL(ŷ_l, ŷ_k)`` over the peers l, with its numbers."""
        return formula_of(self._terms("net-1", ["net-2"]))

    def plan(self, run: RunContext) -> Iterator[Stage]:
        """All alone, all but net-1 distilled from it, then all together."""
        first, *others = roles = self.roles()
        alone = {role: run.control(role, way="alone") for role in roles}
        if self.independent or self.distil:
            learning = alone.values() if self.independent else [alone[first]]
            yield self._stage(run, "alone", {network: [] for network in learning})
        if self.distil:
            teacher = alone[first].freeze()
            distilled = [run.network(role, STUDENT, way="distilled") for role in others]
            yield self._stage(run, "distilled", {network: [teacher] for network in distilled})
        peers = [run.network(role, PEER, way="mutual") for role in roles]
        yield self._stage(run, "mutual", {n: [peer for peer in peers if peer is not n] for n in peers})

    def _stage(self, run: RunContext, way: str, taught: Mapping[Network, Sequence[Network]]) -> Stage:
        """Make the stage in which each network is ``taught`` by those given for it."""
        updates = [self._terms(n.name, [peer.name for peer in peers]) for n, peers in taught.items()]
        together = [[term for update in updates for term in update]]
        return run.stage(way, *(together if self.update == "together" else updates))

    def _terms(self, network: str, peers: Sequence[str]) -> list[LossTerm]:
        terms = [label_loss(network, name=f"label loss ({network})", sign="k")]
        if peers:
            in_mean, t = self.peers_as == "mean of KLs", f"{self.temperature:g}"
            loss = response.mean_soft_kl if in_mean else response.soft_kl_to_mean
            loss = partial(loss, temperature=self.temperature)
            over, target = "mean over l ≠ k of ", f"softmax(z_l/{t})"
            over, target = (over, target) if in_mean else ("", f"{over}{target}")
            formula = f"{t}²·{over}KL({target} ‖ softmax(z_k/{t}))"
            targets = tuple(map(logits, peers))
            terms.append(
                LossTerm(f"peer loss ({network})", loss, logits(network), targets, self.weight, formula)
            )
        return terms
