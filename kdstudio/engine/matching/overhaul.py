"""Overhaul of feature distillation (Heo et al. 2019)."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import pattern
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, connectors, matching_terms
from kdstudio.engine.matching.projected import connected, deepest_counts_most, map_shapes, preactivations
from kdstudio.engine.terms import LossTerm


@matching_terms.register
class Overhaul(TapTerm):
    """OFD: features before the ReLU, where only what matters to the teacher is copied (Heo 2019).

    The teacher's negative values are raised to a margin, the mean negative value of their channel; the
    student pays nothing for being lower still. The mean is taken over what is seen in training; the
    authors derive it from the batch norm before, which not every tap has. Where sizes differ the teacher's
    map is brought to the student's before that, as in mdistiller.
    """

    paper: ClassVar[str] = "A Comprehensive Overhaul of Feature Distillation, Heo et al. 2019"
    needs: ClassVar[tuple[str, ...]] = ("maps",)
    default_taps: ClassVar[DefaultTaps] = "blocks"
    weight_source: ClassVar[str] = "the authors' code, CIFAR-100"

    name: Literal["overhaul"] = "overhaul"
    weight: float = option(
        1e-3, "Weight", "Weight of the sum; the deepest tap has all of it, others half the next.", ge=0
    )

    def formula(self) -> str:
        """Return the partial squared error."""
        return "Σ 2^(l−n)·Σ [r(x_s) > x̂_t or x̂_t > 0]·(r(x_s) − x̂_t)², x̂_t = max(x_t, m), x before ReLU"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Tap by tap, through connectors.

        The margins are learned from the teacher: their heads stand among what is learned, so that they are
        kept with the rest, though nothing in them has gradient.
        """
        pairs = preactivations(pair, self.pairs(pair))
        targets = []
        for number, (own, other) in enumerate(pairs, start=1):
            student, teacher = map_shapes(pair, own, other)
            targets.append(
                pair.head(
                    f"margins {number}",
                    partial(connectors.MarginReLU, teacher[0], student[1:]),
                    f"{pair.teacher.name}.{other}",
                    architecture=f"margins of {teacher[0]} channels",
                )
            )
        inputs = (*connected(pair, pairs, connectors.channel_connector), *(head.name for head in targets))
        loss = deepest_counts_most(pattern.partial_squared_error, len(pairs))
        return [self.term(pair, loss, inputs, ())]
