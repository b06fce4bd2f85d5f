"""Networks that answer together."""

from torch import Tensor, nn

from kdstudio.engine.losses.response import log_mean_softmax


class MeanPrediction(nn.Module):
    """The mean of several networks' probabilities, as logits: their softmax is that mean."""

    def forward(self, *logits: Tensor) -> Tensor:
        """Any number of ``(B, K)`` to one ``(B, K)``: the logarithm of the mean probabilities."""
        return log_mean_softmax(*logits)
