"""Some of the classes alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn


class Selection(nn.Module):
    """φ: the logits of some classes; a softmax after it renormalises (Wang, Rhodes, Feng 2022)."""

    classes: Tensor

    def __init__(self, classes: Sequence[int]) -> None:
        """``classes`` are the numbers of the logits kept, in order."""
        super().__init__()
        self.register_buffer("classes", torch.tensor(classes), persistent=False)

    def forward(self, logits: Tensor) -> Tensor:
        """``(B, K)`` to ``(B, len(classes))``."""
        return logits[:, self.classes]
