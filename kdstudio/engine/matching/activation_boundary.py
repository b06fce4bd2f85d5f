"""Activation boundaries (Heo et al. 2019)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import pattern
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, connectors, matching_terms
from kdstudio.engine.matching.projected import connected, deepest_counts_most, preactivations, teachers
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class ActivationBoundary(TapTerm):
    """AB: on which side of the ReLU's boundary each unit is, with a margin (Heo 2019).

    Read before the ReLU of each tap. Where shapes differ, a convolution and batch norm bring the student's to
    the teacher's.
    """

    paper: ClassVar[str] = "Knowledge Transfer via Distillation of Activation Boundaries, Heo et al. 2019"
    default_taps: ClassVar[DefaultTaps] = "blocks"
    weight_source: ClassVar[str] = "the authors' code, and RepDistiller"

    name: Literal["activation-boundary"] = "activation-boundary"
    weight: float = option(
        3e-3, "Weight", "Weight of the sum; the deepest tap has all of it, others half the next.", ge=0
    )
    margin: float = option(1.0, "Margin m", "How far from the boundary the student must be.", gt=0, le=1000)
    during: Literal["training", "initialisation"] = option(
        "initialisation",
        "During",
        "Beside the label loss, or, as in the paper, in a stage of its own before it.",
    )

    def formula(self) -> str:
        """Return the squared hinge with its margin."""
        return f"Σ 2^(l−n)·Σ max(0, {self.margin:g} − sign(x_t)·r(x_s))², x before ReLU"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Tap by tap, through connectors."""
        pairs = preactivations(pair, self.pairs(pair))
        inputs = connected(pair, pairs, connectors.boundary_connector)
        loss = deepest_counts_most(partial(pattern.activation_boundary, margin=self.margin), len(pairs))
        return [self.term(pair, loss, inputs, teachers(pair, pairs))]
