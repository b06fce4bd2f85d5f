"""The plain pattern of active units."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.engine.losses import pattern
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, matching_terms, summed
from kdstudio.engine.matching.projected import ProjectedTerm, preactivations, teachers
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class ActivationPattern(ProjectedTerm):
    """Which of the teacher's units are active, as so many yes-or-no questions to the student.

    The pattern ``1[x > 0]`` is flat wherever it is defined and has no gradient, so the student's own can
    not be drawn to it; the sigmoid of its value before the ReLU stands in for it.
    """

    default_taps: ClassVar[DefaultTaps] = "last"
    weight_source: ClassVar[str] = "ours"

    name: Literal["activation-pattern"] = "activation-pattern"

    def formula(self) -> str:
        """Return the binary cross-entropy to the pattern."""
        return "BCE(1[x_t > 0], sigmoid(r(x_s))), x before ReLU"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Tap by tap, through projections."""
        pairs = preactivations(pair, self.pairs(pair))
        inputs = self.projected(pair, pairs)
        loss = summed(pattern.activation_pattern, len(pairs))
        return [self.term(pair, loss, inputs, teachers(pair, pairs))]
