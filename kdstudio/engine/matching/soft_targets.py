"""The teacher's softened predictions (Hinton, Vinyals, Dean 2015)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import response
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, matching_terms
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class SoftTargets(MatchingTerm):
    """KD: KL divergence to the teacher's softened predictions (Hinton 2015)."""

    paper: ClassVar[str] = "Distilling the Knowledge in a Neural Network, Hinton, Vinyals, Dean 2015"
    label_weight: ClassVar[float] = 0.1
    weight_source: ClassVar[str] = "RepDistiller"

    name: Literal["soft-targets"] = "soft-targets"
    weight: float = option(0.9, "Weight", "Weight of the term; the usual label loss beside it has 0.1.", ge=0)
    temperature: float = option(
        4.0, "Temperature T", "Both logits are divided by it.", gt=0, le=1000, term="temperature"
    )

    def formula(self) -> str:
        """``T²·KL(teacher ‖ student)`` with its number."""
        t = f"{self.temperature:g}"
        return f"{t}²·KL(softmax(z_t/{t}) ‖ softmax(z_s/{t}))"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Between the logits."""
        loss = partial(response.soft_kl, temperature=self.temperature)
        own, other = f"{pair.student.name}.logits", f"{pair.teacher.name}.logits"
        return [self.term(pair, loss, own, (other,))]
