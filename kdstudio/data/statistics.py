"""Mean and spread of pixels, for normalising them."""

from __future__ import annotations

import torch
from torch import Tensor

SAMPLE = 20_000
"""Images that are looked at; more change the figures only past the fourth digit."""


def channel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation, channel by channel, of pixels ``(N, C, H, W)`` in 0 to 1."""
    pixels = images[:SAMPLE].transpose(0, 1).flatten(1)
    counts = torch.stack([torch.bincount(channel.flatten(), minlength=256) for channel in pixels]).double()
    values = torch.arange(256, dtype=torch.float64) / 255
    share = counts / counts.sum(1, keepdim=True)
    mean = share @ values
    variance = (share * (values - mean[:, None]) ** 2).sum(1)
    spread = variance.sqrt().clamp_min(1 / 255)
    return tuple(mean.tolist()), tuple(spread.tolist())
