"""Losses on what networks compute inside: feature maps ``(B, C, H, W)`` and vectors ``(B, C)``."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def attention(student: Tensor, teacher: Tensor) -> Tensor:
    """Attention transfer: mean of ``(Q_s - Q_t)²``, ``Q`` the L2-normalised mean over channels of ``F²``.

    ``(B, C, H, W)`` each; channels may differ, and the larger map is pooled to the size of the smaller.
    No gradient reaches the teacher. Zagoruyko and Komodakis 2017, equation 2, with p = 2 and the
    squared norm averaged over batch and pixels, as in the authors' code. Raises ValueError for vectors.
    """
    own, other = same_size(student, teacher.detach())
    maps = [functional.normalize(f.square().mean(1).flatten(1), dim=1) for f in (own, other)]
    return (maps[0] - maps[1]).square().mean()


def same_size(student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    """Average-pool the larger of two batches of maps to the size of the smaller.

    Raises ValueError where one of them is not ``(B, C, H, W)``.
    """
    for value in (student, teacher):
        if value.ndim != 4:
            raise ValueError("it compares maps (B, C, H, W); choose a tap that is a map in both networks")
    height, width = (min(student.shape[d], teacher.shape[d]) for d in (2, 3))
    own, other = (
        value
        if value.shape[2:] == (height, width)
        else functional.adaptive_avg_pool2d(value, (height, width))
        for value in (student, teacher)
    )
    return own, other
