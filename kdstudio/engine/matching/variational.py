"""Variational information distillation (Ahn et al. 2019)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.engine.losses import feature
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, connectors, matching_terms
from kdstudio.engine.matching.projected import map_shapes, teachers
from kdstudio.engine.terms import LossTerm

if TYPE_CHECKING:
    from torch import Tensor


@matching_terms.register
class Variational(TapTerm):
    """VID: as much information on the teacher's blocks as can be had from the student's (Ahn 2019).

    From each of the student's maps the teacher's is predicted, by three 1×1 convolutions, with a learned
    variance for each channel: what cannot be predicted costs little. The loss can fall below 0. The larger of
    two maps is pooled to the size of the smaller, the student's before the convolutions.
    """

    paper: ClassVar[str] = "Variational Information Distillation for Knowledge Transfer, Ahn et al. 2019"
    needs: ClassVar[tuple[str, ...]] = ("maps",)
    default_taps: ClassVar[DefaultTaps] = "blocks"
    weight_source: ClassVar[str] = "RepDistiller"

    name: Literal["variational"] = "variational"

    def formula(self) -> str:
        """Return the negative log-likelihood."""
        return "Σ mean ½[(μ(F_s) − F_t)²/σ² + log σ²]"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Tap by tap."""
        pairs = self.pairs(pair)
        means, variances = [], []
        for number, (own, other) in enumerate(pairs, start=1):
            student, teacher = map_shapes(pair, own, other)
            means.append(
                pair.head(
                    f"mean {number}",
                    partial(connectors.mean_predictor, student, teacher),
                    f"{pair.student.name}.{own}",
                    architecture=f"three 1×1 convolutions {student[0]} → {teacher[0]} channels",
                )
            )
            variances.append(
                pair.head(
                    f"variance {number}",
                    partial(connectors.ChannelVariance, teacher[0]),
                    architecture=f"variance of {teacher[0]} channels",
                )
            )
        heads, count = [*means, *variances], len(pairs)

        def loss(*values: Tensor) -> Tensor:
            triples = zip(values[:count], values[count : 2 * count], values[2 * count :], strict=True)
            losses = [feature.variational(*triple) for triple in triples]
            return sum(losses[1:], start=losses[0])

        inputs = tuple(head.name for head in heads)
        return [self.term(pair, loss, inputs, teachers(pair, pairs))]
