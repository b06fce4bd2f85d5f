"""Networks that answer together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kdstudio.models.heads.declaration import HeadSpec, heads

if TYPE_CHECKING:
    from torch import nn


@heads.register
class MeanPrediction(HeadSpec):
    """The mean of several networks' predictions: of their probabilities, or of their logits.

    Either way it gives logits; of the mean probabilities those whose softmax they are.
    """

    name: Literal["mean-prediction"] = "mean-prediction"
    of: Literal["probabilities", "logits"] = "probabilities"

    def build(self) -> nn.Module:
        """Any number of ``(B, K)`` to one ``(B, K)``."""
        from kdstudio.models.modules.mean_prediction import LogMeanSoftmax, MeanLogits

        return LogMeanSoftmax() if self.of == "probabilities" else MeanLogits()

    def summary(self) -> str:
        """``mean prediction``, ``mean of logits``."""
        return "mean prediction" if self.of == "probabilities" else "mean of logits"
