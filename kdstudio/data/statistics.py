"""Mean and spread of pixels, for normalising them."""

from __future__ import annotations

import torch
from torch import Tensor


def channel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation, channel by channel, of pixels ``(N, C, H, W)`` in 0 to 1."""
    counts = torch.stack(
        [torch.bincount(images[:, c].flatten(), minlength=256) for c in range(images.shape[1])]
    ).double()
    values = torch.arange(256, dtype=torch.float64) / 255
    share = counts / counts.sum(1, keepdim=True)
    mean = share @ values
    variance = (share * (values - mean[:, None]) ** 2).sum(1)
    spread = variance.sqrt().clamp_min(1 / 255)
    return tuple(mean.tolist()), tuple(spread.tolist())
