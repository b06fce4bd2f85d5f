"""What neighbours in a batch have in common (Peng et al. 2019)."""

from __future__ import annotations

from math import prod
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.matching.declaration import DefaultTaps, Matched, Pair, TapTerm, matching_terms


@matching_terms.register
class Correlation(TapTerm):
    """CC: the embedding's distance to the teacher's, between neighbours in a batch (after Peng 2019).

    Where sizes differ, a linear layer takes the student's embedding to the teacher's size. RepDistiller,
    whose figures are in the tables, embeds both in 128 numbers by layers that learn with the student:
    those reach the minimum by mapping everything to one point.
    """

    paper: ClassVar[str] = "Correlation Congruence for Knowledge Distillation, Peng et al. 2019"
    default_taps: ClassVar[DefaultTaps] = "embedding"

    name: Literal["correlation"] = "correlation"
    weight: float = option(0.02, "Weight", "Weight of the term.", ge=0, le=1e9)

    def formula(self) -> str:
        """Return the product of neighbours' distances."""
        return "mean_i Σ |δ_i|·|δ_{i+1}|, δ = r(f_s) − f_t"

    def match(self, pair: Pair) -> Matched:
        """Between the teacher's embedding and the student's, projected where sizes differ."""
        from torch import nn

        from kdstudio.engine.losses.relation import correlation
        from kdstudio.engine.matching.declaration import summed

        of, against, heads = [], [], []
        for number, (own, other) in enumerate(self.pairs(pair), 1):
            address = f"{pair.student.name}.{own}"
            inputs, outputs = (prod(shape) for shape in pair.shapes(own, other))
            if inputs != outputs:

                def project(inputs: int = inputs, outputs: int = outputs) -> nn.Module:
                    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, outputs))

                summary = f"linear {inputs} → {outputs}"
                heads.append(pair.head(f"projection {number}", project, address, architecture=summary))
                address = heads[-1].name
            of.append(address)
            against.append(f"{pair.teacher.name}.{other}")
        return Matched([self.term(pair, summed(correlation, len(of)), tuple(of), tuple(against))], heads)
