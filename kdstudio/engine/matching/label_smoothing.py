"""A control: uniform targets (Szegedy et al. 2016)."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import response
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, matching_terms
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class LabelSmoothing(MatchingTerm):
    """Control without a teacher: part of each label is spread over all classes (Szegedy 2016)."""

    paper: ClassVar[str] = "Rethinking the Inception Architecture for Computer Vision, Szegedy et al. 2016"
    label_weight: ClassVar[float] = 0.9
    reads_teacher: ClassVar[bool] = False
    weight_source: ClassVar[str] = "the paper"

    name: Literal["label-smoothing"] = "label-smoothing"
    weight: float = option(
        0.1,
        "ε",
        "Part that is spread; the label loss beside it has 1 − ε = 0.9.",
        ge=0,
        le=1,
        term="label-smoothing",
    )

    def formula(self) -> str:
        """Return the cross-entropy to the uniform distribution."""
        return "CE(1/K, softmax(z_s))"

    def match(self, pair: Pair) -> list[LossTerm]:
        """On the student's logits alone."""
        return [self.term(pair, response.uniform_cross_entropy, f"{pair.student.name}.logits", ())]
