"""Directions of vectors, with gradients that stay finite at zero."""

from __future__ import annotations

import torch
from torch import Tensor


def unit(vectors: Tensor) -> Tensor:
    """Divide each vector, along the last dimension, by its length.

    A vector of zero has no direction: it stays zero and gets no gradient.
    """
    length: Tensor = torch.linalg.vector_norm(vectors, dim=-1, keepdim=True)
    return vectors / length.masked_fill(length == 0, torch.inf)
