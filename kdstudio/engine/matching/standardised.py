"""Soft targets of standardised logits (Sun et al. 2024)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import response
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, matching_terms
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class Standardised(MatchingTerm):
    """Logit standardisation: soft targets of z-scored logits, whatever their size (Sun 2024)."""

    paper: ClassVar[str] = "Logit Standardization in Knowledge Distillation, Sun et al. 2024"
    label_weight: ClassVar[float] = 0.1
    weight_source: ClassVar[str] = "the authors' code"

    name: Literal["standardised"] = "standardised"
    weight: float = option(
        9.0, "Weight", "Weight of the term; the label loss beside it has 0.1.", ge=0, le=1e9
    )
    temperature: float = option(
        2.0, "Temperature T", "Both z-scores are divided by it.", gt=0, le=1000, term="temperature"
    )

    def formula(self) -> str:
        """``T²·KL`` of z-scores with its number."""
        t = f"{self.temperature:g}"
        return f"{t}²·KL(softmax(ẑ_t/{t}) ‖ softmax(ẑ_s/{t})), ẑ = (z − mean z)/std z"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Between the logits."""
        loss = partial(response.standardised, temperature=self.temperature)
        own, other = f"{pair.student.name}.logits", f"{pair.teacher.name}.logits"
        return [self.term(pair, loss, own, (other,))]
