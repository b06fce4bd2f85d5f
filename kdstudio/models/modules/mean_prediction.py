"""Networks that answer together."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn


def log_mean_softmax(*logits: Tensor) -> Tensor:
    """Logarithm of the mean of ``softmax(z)`` over the ``logits``, each ``(B, K)``; gives ``(B, K)``."""
    return torch.stack([z.log_softmax(1) for z in logits]).logsumexp(0) - math.log(len(logits))


class LogMeanSoftmax(nn.Module):
    """The mean of several networks' probabilities, as logits: their softmax is that mean."""

    def forward(self, *logits: Tensor) -> Tensor:
        """Any number of ``(B, K)`` to one ``(B, K)``."""
        return log_mean_softmax(*logits)


class MeanLogits(nn.Module):
    """The mean of several networks' logits; its softmax is their normalised geometric mean."""

    def forward(self, *logits: Tensor) -> Tensor:
        """Any number of ``(B, K)`` to one ``(B, K)``."""
        return torch.stack(logits).mean(0)
