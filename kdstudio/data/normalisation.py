"""Pixels as networks see them: from bytes to numbers of mean 0 and deviation 1, and back."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Normalisation:
    """Subtracts a data set's mean, channel by channel, and divides by its deviation."""

    def __init__(
        self, mean: Sequence[float], std: Sequence[float], device: torch.device | None = None
    ) -> None:
        """``mean`` and ``std`` are of pixels in 0 to 1."""
        middle, spread = (torch.tensor(values, device=device).view(1, -1, 1, 1) for values in (mean, std))
        self._scale, self._shift = 1 / (255 * spread), -middle / spread

    def __call__(self, pixels: Tensor) -> Tensor:
        """Normalise uint8 ``(B, C, H, W)`` to float32."""
        return pixels.float().mul_(self._scale).add_(self._shift)

    def undone(self, images: Tensor) -> Tensor:
        """Return the pixels, uint8, to be looked at."""
        return ((images - self._shift) / self._scale).round().clamp(0, 255).to(torch.uint8)
