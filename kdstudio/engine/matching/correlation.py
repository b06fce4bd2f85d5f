"""What neighbours in a batch have in common (Peng et al. 2019)."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import relation
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, matching_terms, summed
from kdstudio.engine.matching.projected import ProjectedTerm, teachers
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class Correlation(ProjectedTerm):
    """CC: the embedding's distance to the teacher's, between neighbours in a batch (after Peng 2019).

    Where sizes differ, a linear layer takes the student's embedding to the teacher's size. RepDistiller,
    whose figures are in the tables, embeds both in 128 numbers by layers that learn with the student:
    those reach the minimum by mapping everything to one point.
    """

    paper: ClassVar[str] = "Correlation Congruence for Knowledge Distillation, Peng et al. 2019"
    default_taps: ClassVar[DefaultTaps] = "embedding"
    weight_source: ClassVar[str] = "RepDistiller, where both are embedded in 128 numbers"

    name: Literal["correlation"] = "correlation"
    weight: float = option(0.02, "Weight", "Weight of the term.", ge=0, le=1e9)

    def formula(self) -> str:
        """Return the product of neighbours' distances."""
        return "mean_i Σ |δ_i|·|δ_{i+1}|, δ = r(f_s) − f_t"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Between the teacher's embedding and the student's, projected where sizes differ."""
        pairs = self.pairs(pair)
        inputs = self.projected(pair, pairs)
        loss = summed(relation.correlation, len(pairs))
        return [self.term(pair, loss, inputs, teachers(pair, pairs))]
