"""Correlation of predictions instead of their values (Huang et al. 2022)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import response
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, matching_terms
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class Dist(MatchingTerm):
    """DIST: correlation with the teacher's predictions, image by image and class by class (Huang 2022)."""

    paper: ClassVar[str] = "Knowledge Distillation from A Stronger Teacher, Huang et al. 2022"
    weight_source: ClassVar[str] = "the authors' code: 2 and τ = 4 for CIFAR-100, 2 and τ = 1 for ImageNet"

    name: Literal["dist"] = "dist"
    weight: float = option(2.0, "Weight", "Weight of both parts together.", ge=0, le=1e9)
    beta: float = option(1.0, "β", "Weight of the classes of each image.", ge=0, le=1e6)
    gamma: float = option(1.0, "γ", "Weight of the images of each class.", ge=0, le=1e6)
    temperature: float = option(
        4.0, "Temperature τ", "Both logits are divided by it.", gt=0, le=1000, term="temperature"
    )

    def formula(self) -> str:
        """``τ²·(β·(1 − ρ_rows) + γ·(1 − ρ_columns))`` with its numbers."""
        parts = f"{self.beta:g}·(1 − ρ_rows) + {self.gamma:g}·(1 − ρ_columns)"
        return f"{self.temperature:g}²·({parts}), ρ of softmax(z/{self.temperature:g})"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Between the logits."""
        loss = partial(response.dist, beta=self.beta, gamma=self.gamma, temperature=self.temperature)
        own, other = f"{pair.student.name}.logits", f"{pair.teacher.name}.logits"
        return [self.term(pair, loss, own, (other,))]
