"""Which samples are alike (Tung and Mori 2019)."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import relation
from kdstudio.engine.matching.declaration import Pair, TapTerm, matching_terms
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class Similarity(TapTerm):
    """SP: which samples of a batch excite the same features in the last block (Tung 2019)."""

    paper: ClassVar[str] = "Similarity-Preserving Knowledge Distillation, Tung and Mori 2019"
    weight_source: ClassVar[str] = "RepDistiller"

    name: Literal["similarity"] = "similarity"
    weight: float = option(3000.0, "Weight", "Weight of the term.", ge=0, le=1e9)

    def formula(self) -> str:
        """Return the squared difference of the similarity matrices."""
        return "‖Ĝ_s − Ĝ_t‖²/b², G = F Fᵀ, Ĝ = G with rows of length 1"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Tap by tap."""
        return [self.between(pair, relation.similarity)]
