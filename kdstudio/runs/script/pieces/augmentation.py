"""Random changes of whole batches of images, ``(B, C, H, W)``."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional


def shifted(images: Tensor, by: int, fill: str) -> Tensor:
    """Shift each image by up to ``by`` pixels each way: a random crop of it, padded by as many."""
    count, _, height, width = images.shape
    mode = "reflect" if fill == "reflect" else "constant"
    padded = functional.pad(images.float(), (by,) * 4, mode=mode)
    top, left = torch.randint(2 * by + 1, (2, count, 1), device=images.device)
    rows = (top + torch.arange(height, device=images.device))[:, :, None]
    columns = (left + torch.arange(width, device=images.device))[:, None, :]
    which = torch.arange(count, device=images.device)[:, None, None]
    return padded[which, :, rows, columns].permute(0, 3, 1, 2)


def flipped(images: Tensor) -> Tensor:
    """Mirror each image left to right, or not."""
    chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < 0.5
    return torch.where(chosen, images.flip(3), images)


def with_hole(images: Tensor, side: int) -> Tensor:
    """Blacken a square of each image; at the edge a part of it falls outside (DeVries and Taylor 2017)."""
    count, _, height, width = images.shape
    row = torch.randint(height, (count, 1), device=images.device) - side // 2
    column = torch.randint(width, (count, 1), device=images.device) - side // 2
    rows, columns = (torch.arange(size, device=images.device) for size in (height, width))
    hidden_rows = (rows >= row) & (rows < row + side)
    hidden_columns = (columns >= column) & (columns < column + side)
    return images.masked_fill(hidden_rows[:, None, :, None] & hidden_columns[:, None, None, :], 0)


def mixup(images: Tensor, labels: Tensor, classes: int, beta: float) -> tuple[Tensor, Tensor]:
    """``λ·x + (1 - λ)·x'`` and the same of the labels, ``(B, K)``; λ ~ Beta(β, β) (Zhang et al. 2018)."""
    share = float(np.random.default_rng(int(torch.randint(2**31, ()))).beta(beta, beta))
    order = torch.randperm(len(images), device=images.device)
    targets = functional.one_hot(labels, classes).float()
    return share * images + (1 - share) * images[order], share * targets + (1 - share) * targets[order]


def cutmix(images: Tensor, labels: Tensor, classes: int, beta: float) -> tuple[Tensor, Tensor]:
    """Paste a box of another image, of the area 1 - λ; labels ``(B, K)`` by true area (Yun et al. 2019)."""
    draw = np.random.default_rng(int(torch.randint(2**31, ())))
    height, width = images.shape[2:]
    side = np.sqrt(1 - draw.beta(beta, beta)) / 2
    row, column = draw.integers(height), draw.integers(width)
    top, bottom = np.clip([row - side * height, row + side * height], 0, height).astype(int)
    left, right = np.clip([column - side * width, column + side * width], 0, width).astype(int)
    order = torch.randperm(len(images), device=images.device)
    mixed = images.clone()
    mixed[:, :, top:bottom, left:right] = images[order][:, :, top:bottom, left:right]
    share = 1 - float((bottom - top) * (right - left)) / (height * width)
    targets = functional.one_hot(labels, classes).float()
    return mixed, share * targets + (1 - share) * targets[order]
