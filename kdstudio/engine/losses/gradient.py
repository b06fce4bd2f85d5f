"""Losses on how networks react to their input: gradients to the images, ``(B, C, H, W)``."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def jacobian(student: Tensor, teacher: Tensor) -> Tensor:
    """``‖J_t/‖J_t‖ - J_s/‖J_s‖‖²``, summed over an image, mean over the batch: 0 to 4.

    ``(B, …)`` of one shape, else ValueError: gradients of one logit to the images. No gradient reaches the
    teacher. Srinivas and Fleuret 2018, whose form it has; Sobolev training (Czarnecki et al. 2017) has the
    gradients as they are.
    """
    if student.shape != teacher.shape:
        raise ValueError("it compares gradients to the same images")
    own, other = (functional.normalize(j.flatten(1), dim=1) for j in (student, teacher.detach()))
    return (own - other).square().sum(1).mean()
