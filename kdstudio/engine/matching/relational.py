"""Distances and angles between samples (Park et al. 2019)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import relation
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, matching_terms
from kdstudio.engine.terms import LossTerm

if TYPE_CHECKING:
    from torch import Tensor


@matching_terms.register
class Relational(TapTerm):
    """RKD: distances and angles between the embeddings of a batch (Park 2019)."""

    paper: ClassVar[str] = "Relational Knowledge Distillation, Park et al. 2019"
    default_taps: ClassVar[DefaultTaps] = "embedding"
    weight_source: ClassVar[str] = "RepDistiller"

    name: Literal["relational"] = "relational"
    weight: float = option(1.0, "Weight", "Weight of distances and angles together.", ge=0, le=1e9)
    distance: float = option(25.0, "Distance weight", "Share of the distances between two.", ge=0, le=1e9)
    angle: float = option(50.0, "Angle weight", "Share of the angles between three.", ge=0, le=1e9)

    def formula(self) -> str:
        """Return both parts with their weights."""
        return f"{self.distance:g}·huber(d_s/d̄_s, d_t/d̄_t) + {self.angle:g}·huber(cos∠_s, cos∠_t)"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Both parts as one term."""

        def loss(student: Tensor, teacher: Tensor) -> Tensor:
            distance = self.distance * relation.relational_distance(student, teacher)
            return distance + self.angle * relation.relational_angle(student, teacher)

        return [self.between(pair, loss)]
