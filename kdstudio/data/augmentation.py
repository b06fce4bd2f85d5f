"""Augmentation by view number: what a sample looks like is a function of (index, view)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kdstudio.declaration import Declaration, option

if TYPE_CHECKING:
    from torch import Tensor


class Augmentation(Declaration):
    """Random changes of the training images, applied to whole batches."""

    jitter: int = option(
        0,
        "Jitter",
        "Each training image is shifted by up to this many pixels each way; zeros move in.",
        unit="pixels",
        ge=0,
        le=16,
    )

    @property
    def views(self) -> int:
        """How many different views one image has: (2·jitter + 1)²."""
        return (2 * self.jitter + 1) ** 2

    @property
    def plain(self) -> int:
        """Number of the view that changes nothing."""
        return self.views // 2

    def apply(self, images: Tensor, view: Tensor) -> Tensor:
        """Return view number ``view`` ``(B,)`` of each of ``images`` ``(B, C, H, W)``, any dtype.

        View ``v`` shifts down by ``v // side - jitter`` and right by ``v % side - jitter``
        pixels, ``side = 2·jitter + 1``.
        """
        import torch
        from torch.nn.functional import pad

        if not self.jitter:
            return images
        count, _, height, width = images.shape
        side = 2 * self.jitter + 1
        top = side - 1 - view.div(side, rounding_mode="floor")
        left = side - 1 - view.remainder(side)
        rows = top[:, None] + torch.arange(height, device=images.device)
        columns = left[:, None] + torch.arange(width, device=images.device)
        sample = torch.arange(count, device=images.device)
        padded = pad(images, (self.jitter,) * 4).permute(0, 2, 3, 1)
        shifted = padded[sample[:, None, None], rows[:, :, None], columns[:, None, :]]
        return shifted.permute(0, 3, 1, 2)
