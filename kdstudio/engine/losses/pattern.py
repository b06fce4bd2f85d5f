"""Losses on which units are active: on values before the ReLU, ``(B, C, H, W)`` or ``(B, C)``."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from kdstudio.engine.losses.feature import same_size


def activation_boundary(student: Tensor, teacher: Tensor, margin: float) -> Tensor:
    """AB: squared hinge that puts the student's value on the teacher's side of 0, ``margin`` away from it.

    ``max(0, m - x_s)²`` where ``x_t > 0``, else ``max(0, m + x_s)²``: summed over an image's values, mean
    over the batch. Of one shape, but that the larger map is pooled to the size of the smaller; else
    ValueError. No gradient reaches the teacher. Heo et al. 2019, "Knowledge Transfer via
    Distillation of Activation Boundaries", whose code gives it a factor for each network.
    """
    own, other = _fitted(student, teacher)
    sign = torch.where(other > 0, 1.0, -1.0)
    return (margin - sign * own).clamp(min=0).square().sum() / len(own)


def activation_pattern(student: Tensor, teacher: Tensor) -> Tensor:
    """Binary cross-entropy of ``sigmoid(x_s)`` to the teacher's pattern ``1[x_t > 0]``, mean over everything.

    The student's own pattern has no gradient; its sigmoid stands for it. Of one shape, but that the larger
    map is pooled to the size of the smaller; else ValueError. In nats; no gradient reaches the teacher.
    """
    own, other = _fitted(student, teacher)
    return functional.binary_cross_entropy_with_logits(own, (other > 0).to(own.dtype))


def partial_squared_error(student: Tensor, target: Tensor) -> Tensor:
    """OFD: ``(x_s - t)²`` but where both are negative and the student's is the lower, which costs nothing.

    Summed over an image's values, mean over the batch; ``target`` comes from the teacher's margin ReLU.
    Of one shape, but that the larger map is pooled to the size of the smaller; else ValueError. No gradient
    reaches the target. Heo et al. 2019, "A Comprehensive Overhaul of Feature Distillation".
    """
    own, other = _fitted(student, target)
    counted = (own > other) | (other > 0)
    return ((own - other).square() * counted).sum() / len(own)


def _fitted(student: Tensor, teacher: Tensor) -> tuple[Tensor, Tensor]:
    """Bring both to one size, the teacher's detached."""
    own, other = student, teacher.detach()
    if own.ndim == other.ndim == 4:
        own, other = same_size(own, other)
    if own.shape != other.shape:
        raise ValueError("it compares as many units of both networks; choose a projection, or other taps")
    return own, other
