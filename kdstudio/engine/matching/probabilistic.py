"""How probably each sample picks another as its neighbour (Passalis and Tefas 2018)."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import relation
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, matching_terms
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class Probabilistic(TapTerm):
    """PKT: how probably each sample picks another as its neighbour in the embedding (Passalis 2018)."""

    paper: ClassVar[str] = (
        "Learning Deep Representations with Probabilistic Knowledge Transfer, Passalis and Tefas 2018"
    )
    default_taps: ClassVar[DefaultTaps] = "embedding"
    weight_source: ClassVar[str] = "RepDistiller"

    name: Literal["probabilistic"] = "probabilistic"
    weight: float = option(30000.0, "Weight", "Weight of the term.", ge=0, le=1e9)

    def formula(self) -> str:
        """Return the divergence of the neighbours' probabilities."""
        return "mean p_t·log(p_t/p_s), p = (cos + 1)/2 with rows of sum 1"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Between the embeddings."""
        return [self.between(pair, relation.probabilistic)]
