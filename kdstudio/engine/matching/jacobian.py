"""Gradients to the input (Czarnecki et al. 2017; Srinivas and Fleuret 2018)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from kdstudio.engine.losses import gradient
from kdstudio.engine.matching.declaration import MatchingTerm, Pair, connectors, matching_terms
from kdstudio.engine.terms import IMAGES, LossTerm


@matching_terms.register
class Jacobian(MatchingTerm):
    """Sobolev: which pixels would change the teacher's first answer, and how (Srinivas 2018).

    The gradient of one logit, that of the class which the teacher ranks highest, to the images. A step
    costs about three times as much, since the student's gradient is differentiated once more.
    """

    paper: ClassVar[str] = "Knowledge Transfer with Jacobian Matching, Srinivas and Fleuret 2018"
    weight_source: ClassVar[str] = "ours"

    name: Literal["jacobian"] = "jacobian"

    def formula(self) -> str:
        """Return the squared difference of directions."""
        return "‖J_t/‖J_t‖ − J_s/‖J_s‖‖², J = ∂z_c/∂x, c = argmax z_t"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Between the gradients."""
        own, other = (
            pair.head(
                f"gradient of the {network.name}",
                partial(connectors.InputGradient, learned=not network.frozen),
                f"{network.name}.logits",
                IMAGES,
                f"{pair.teacher.name}.logits",
                architecture="gradient to the images",
            )
            for network in (pair.student, pair.teacher)
        )
        return [self.term(pair, gradient.jacobian, own.name, (other.name,))]
