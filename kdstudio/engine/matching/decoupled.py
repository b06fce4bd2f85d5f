"""Soft targets in two parts (Zhao et al. 2022)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import response
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, matching_terms
from kdstudio.engine.terms import LABELS, LossTerm
from kdstudio.engine.weighting import AnyWeighting, WarmUp


@matching_terms.register
class Decoupled(MatchingTerm):
    """DKD: soft targets in two parts, how sure of the label and which other classes (Zhao 2022)."""

    paper: ClassVar[str] = "Decoupled Knowledge Distillation, Zhao et al. 2022"
    weight_source: ClassVar[str] = "the authors' code (mdistiller), with β for each pair"

    name: Literal["decoupled"] = "decoupled"
    weighting: AnyWeighting = option(
        WarmUp(epochs=20), "Weighting", "Course of the weight over the epochs; 20 epochs as published."
    )
    alpha: float = option(1.0, "α", "Weight of label against all else (TCKD).", ge=0, le=1e6)
    beta: float = option(8.0, "β", "Weight of the other classes among themselves (NCKD).", ge=0, le=1e6)
    temperature: float = option(
        4.0, "Temperature T", "Both logits are divided by it.", gt=0, le=1000, term="temperature"
    )

    def formula(self) -> str:
        """``T²·(α·TCKD + β·NCKD)`` with its numbers."""
        parts = f"{self.alpha:g}·KL(b_t ‖ b_s) + {self.beta:g}·KL(o_t ‖ o_s)"
        return f"{self.temperature:g}²·({parts}), b: label or not, o: other classes"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Between the logits, given the labels."""
        loss = partial(response.decoupled, alpha=self.alpha, beta=self.beta, temperature=self.temperature)
        own, other = f"{pair.student.name}.logits", f"{pair.teacher.name}.logits"
        return [self.term(pair, loss, own, (other, LABELS))]
