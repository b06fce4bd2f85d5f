"""Which samples are alike (Tung and Mori 2019)."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.matching.declaration import Matched, Pair, TapTerm, matching_terms


@matching_terms.register
class Similarity(TapTerm):
    """SP: which samples of a batch excite the same features in the last block (Tung 2019)."""

    paper: ClassVar[str] = "Similarity-Preserving Knowledge Distillation, Tung and Mori 2019"

    name: Literal["similarity"] = "similarity"
    weight: float = option(3000.0, "Weight", "Weight of the term.", ge=0, le=1e9)

    def formula(self) -> str:
        """Return the squared difference of the similarity matrices."""
        return "‖Ĝ_s − Ĝ_t‖²/b², G = F Fᵀ, Ĝ = G with rows of length 1"

    def match(self, pair: Pair) -> Matched:
        """Tap by tap."""
        from kdstudio.engine.losses.relation import similarity

        return Matched([self.between(pair, similarity)], [])
