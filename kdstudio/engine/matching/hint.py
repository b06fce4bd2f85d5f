"""Hints (FitNets, Romero et al. 2015)."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.declaration import option
from kdstudio.engine.losses import feature
from kdstudio.engine.matching.declaration import DefaultTaps, Pair, TapTerm, matching_terms, summed
from kdstudio.engine.matching.projected import projected, teachers
from kdstudio.engine.terms import LossTerm

HintProjection = Literal["library", "paper", "automatic", "none", "linear", "1x1", "regressor"]


REGRESSOR = (
    "What brings the student's values to the teacher's. library: as in RepDistiller, a convolution, batch "
    "norm and ReLU, also where the shapes are equal. paper: as in FitNets, a k×k convolution without padding "
    "(linear for vectors) and the teacher's own activation there, if it has one. Without activation: "
    "regressor, 1x1, linear, none, or automatic, the one of these that fits."
)


@matching_terms.register
class Hint(TapTerm):
    """FitNet: features of a middle layer, through a learned regressor (Romero 2015).

    The weight is that of libraries, which learn hints beside the labels; so are the block and the regressor.
    In the paper hints have a stage of their own: during = initialisation, or strategy fitnet.
    """

    paper: ClassVar[str] = "FitNets: Hints for Thin Deep Nets, Romero et al. 2015"
    default_taps: ClassVar[DefaultTaps] = "middle"
    weight_source: ClassVar[str] = "RepDistiller"

    name: Literal["hint"] = "hint"
    projection: HintProjection = option("library", "Regressor", REGRESSOR)
    weight: float = option(100.0, "Weight", "Weight of the sum over the taps.", ge=0, le=1e9)
    distance: Literal["squared error", "cross-entropy"] = option(
        "squared error",
        "Distance",
        "Mean squared error, or the cross-entropy of both features' softmax over channels.",
    )

    def formula(self) -> str:
        """Return the distance of the features."""
        if self.distance == "squared error":
            return "mean (r(F_s) − F_t)²"
        return "CE(softmax_c F_t, softmax_c r(F_s))"

    def match(self, pair: Pair) -> list[LossTerm]:
        """Tap by tap, through regressors."""
        pairs = self.pairs(pair)
        inputs = projected(pair, pairs, self.projection)
        loss = feature.squared_error if self.distance == "squared error" else feature.channel_cross_entropy
        return [self.term(pair, summed(loss, len(pairs)), inputs, teachers(pair, pairs))]
