"""Mixup and CutMix: pairs within a batch, drawn from (seed, epoch, step)."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from kdstudio.data.augmentation import Mixing
from kdstudio.data.seeding import derived_seed, generator


def mix(
    images: Tensor, labels: Tensor, classes: int, mixing: Mixing, seed: int, epoch: int, step: int
) -> tuple[Tensor, Tensor]:
    """Mix a batch ``(B, C, H, W)`` with itself in another order; labels become ``(B, K)`` shares.

    One proportion λ ~ Beta(β, β) for the batch: ``λ·x + (1 - λ)·x'`` (mixup: Zhang et al. 2018,
    equation 1), or a box of the area ``1 - λ`` from x' (CutMix: Yun et al. 2019, equation 1, λ
    corrected to the box's true area).
    """
    draw = np.random.default_rng(derived_seed(seed, "mix", epoch, step))
    share = float(draw.beta(mixing.beta, mixing.beta))
    order = torch.randperm(len(labels), generator=generator(seed, "partners", epoch, step))
    order = order.to(labels.device)
    if mixing.kind == "mixup":
        images = share * images + (1 - share) * images[order]
    else:
        top, bottom, left, right = _box(images.shape[2], images.shape[3], share, draw)
        images = images.clone()
        images[:, :, top:bottom, left:right] = images[order][:, :, top:bottom, left:right]
        share = 1 - (bottom - top) * (right - left) / (images.shape[2] * images.shape[3])
    targets = one_hot(labels, classes).to(images.dtype)
    return images, share * targets + (1 - share) * targets[order]


def _box(height: int, width: int, share: float, draw: np.random.Generator) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of a box with the area ``1 - share``, cut off at the edges."""
    side = np.sqrt(1 - share) / 2
    row, column = draw.integers(height), draw.integers(width)
    rows = np.clip([row - side * height, row + side * height], 0, height)
    columns = np.clip([column - side * width, column + side * width], 0, width)
    return int(rows[0]), int(rows[1]), int(columns[0]), int(columns[1])
