"""Networks that answer together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kdstudio.models.heads.declaration import HeadSpec, heads

if TYPE_CHECKING:
    from torch import nn


@heads.register
class MeanPrediction(HeadSpec):
    """The mean of several networks' probabilities, as logits: their softmax is that mean."""

    name: Literal["mean-prediction"] = "mean-prediction"

    def build(self) -> nn.Module:
        """Any number of ``(B, K)`` to one ``(B, K)``: the logarithm of the mean probabilities."""
        from kdstudio.models.modules.mean_prediction import LogMeanSoftmax

        return LogMeanSoftmax()

    def summary(self) -> str:
        """``mean prediction``."""
        return "mean prediction"
