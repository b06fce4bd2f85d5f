"""What networks made elsewhere want of images: three channels, their own size and normalisation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from kdstudio.models.declaration import ImageShape


class ImageInput(nn.Module):
    """Renormalises, resizes and repeats grey to three channels; has no weights."""

    factor: Tensor
    shift: Tensor

    def __init__(
        self, image: ImageShape, size: int = 0, mean: Sequence[float] = (), std: Sequence[float] = ()
    ) -> None:
        """``mean`` and ``std`` are the network's own (none: images stay as they are), ``size`` its height.

        ``size`` 0 keeps the images' size. Raises ValueError for images that are neither grey nor colour.
        """
        super().__init__()
        if image.channels not in (1, 3):
            raise ValueError(f"it takes grey or colour images, not {image.channels} channels")
        self.size = size
        own_mean, own_std = _row(mean, 0.0), _row(std, 1.0)
        data_mean, data_std = (_row(image.mean, 0.0), _row(image.std, 1.0)) if mean else (own_mean, own_std)
        self.register_buffer("factor", data_std / own_std, persistent=False)
        self.register_buffer("shift", (data_mean - own_mean) / own_std, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """``(B, 1 or 3, H, W)`` to ``(B, 3, size, size)``."""
        images = images * self.factor + self.shift
        images = images.expand(-1, 3, -1, -1)
        if self.size in (0, images.shape[-1]) and self.size in (0, images.shape[-2]):
            return images
        smaller = self.size < max(images.shape[-2:])  # else it is the same, and more runtimes know it
        return functional.interpolate(
            images, (self.size, self.size), mode="bilinear", align_corners=False, antialias=smaller
        )


def _row(values: Sequence[float], otherwise: float) -> Tensor:
    """``(1, channels, 1, 1)``."""
    return torch.tensor(tuple(values) or (otherwise,), dtype=torch.float32).reshape(1, -1, 1, 1)
