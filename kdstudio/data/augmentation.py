"""Augmentation by view number: what a sample looks like is a function of (index, view)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kdstudio.declaration import Declaration, option
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from torch import Tensor

CUTOUT_PLACES = 64
"""Squares are cut out on a grid of this many places a side."""


class Augmentation(Declaration):
    """Random changes of the training images, applied to whole batches."""

    jitter: int = option(
        0,
        "Jitter",
        "Each training image is shifted by up to this many pixels each way (the same as a random "
        "crop after padding by as many).",
        unit="pixels",
        ge=0,
        le=64,
    )
    fill: Literal["zeros", "reflect"] = option(
        "zeros", "Fill", "What moves in at the edge: black, or the image mirrored."
    )
    flip: bool = option(False, "Flip", "Mirror half of the images left to right.")
    cutout: int = option(
        0,
        "Cutout",
        "Side of a square, anywhere in the image, that is blackened (DeVries and Taylor 2017); 0 means none.",
        unit="pixels",
        ge=0,
        le=256,
    )

    @property
    def views(self) -> int:
        """How many different views one image has: (2·jitter + 1)², twice that with flips, …."""
        return self._shifts * self._flips * self._holes

    @property
    def _shifts(self) -> int:
        return (2 * self.jitter + 1) ** 2

    @property
    def _flips(self) -> int:
        return 2 if self.flip else 1

    @property
    def _holes(self) -> int:
        return CUTOUT_PLACES**2 if self.cutout else 1

    def apply(self, images: Tensor, view: Tensor) -> Tensor:
        """Return view number ``view`` ``(B,)`` of each of ``images`` ``(B, C, H, W)``, any dtype.

        A view is a number of three digits, the last one first: flipped or not; the shift ``v``,
        down by ``v // side - jitter`` and right by ``v % side - jitter`` pixels with
        ``side = 2·jitter + 1``; the place of the hole.
        """
        flipped, rest = view % self._flips, view // self._flips
        shift, hole = rest % self._shifts, rest // self._shifts
        if self.jitter or self.flip:
            images = self._moved(images, shift, flipped)
        return self._cut(images, hole) if self.cutout else images

    def _moved(self, images: Tensor, shift: Tensor, flipped: Tensor) -> Tensor:
        """Shift and mirror by one look-up of every pixel's source."""
        import torch
        from torch.nn.functional import pad

        count, channels, height, width = images.shape
        side = 2 * self.jitter + 1
        top = (side - 1 - shift // side)[:, None]
        left = (side - 1 - shift % side)[:, None]
        rows = top + torch.arange(height, device=images.device)
        across = torch.arange(width, device=images.device).expand(count, -1)
        columns = left + torch.where(flipped[:, None] == 1, width - 1 - across, across)
        if self.jitter and self.fill == "reflect":
            if self.jitter >= min(height, width):
                raise KDStudioError(
                    f"images of {height}×{width} cannot be mirrored {self.jitter} pixels beyond their edge; "
                    "choose a smaller jitter, or the fill zeros"
                )
            padded = pad(images.float(), (self.jitter,) * 4, mode="reflect").to(images.dtype)
        else:
            padded = pad(images, (self.jitter,) * 4)
        padded_width = width + 2 * self.jitter
        places = (rows[:, :, None] * padded_width + columns[:, None, :]).view(count, 1, -1)
        moved = padded.flatten(2).gather(2, places.expand(-1, channels, -1))
        return moved.view(count, channels, height, width)

    def _cut(self, images: Tensor, hole: Tensor) -> Tensor:
        """Blacken a square around the hole's place; at the edge a part of it falls outside."""
        import torch

        height, width = images.shape[2:]
        device = images.device
        row = ((hole // CUTOUT_PLACES) * height // CUTOUT_PLACES)[:, None]
        column = ((hole % CUTOUT_PLACES) * width // CUTOUT_PLACES)[:, None]
        half = self.cutout // 2
        rows, columns = torch.arange(height, device=device), torch.arange(width, device=device)
        inside_rows = (rows >= row - half) & (rows < row - half + self.cutout)
        inside_columns = (columns >= column - half) & (columns < column - half + self.cutout)
        square = inside_rows[:, None, :, None] & inside_columns[:, None, None, :]
        return images.masked_fill(square, 0)


class Mixing(Declaration):
    """Mixing pairs of training images and their labels."""

    kind: Literal["none", "mixup", "cutmix"] = option(
        "none",
        "Kind",
        "mixup blends two images (Zhang 2018), cutmix pastes a piece of one into the other "
        "(Yun 2019); labels are mixed in the same proportion.",
    )
    beta: float = option(
        1.0, "Beta", "The proportion is drawn from Beta(β, β): small means hardly mixed.", gt=0, le=100
    )
