"""Losses on how features ``(B, …)`` of one class lie together and apart from others; no teacher."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from kdstudio.engine.losses.response import one_class_each

GAMMA = 0.5
"""Weight of the angles between classes, as the authors of the orthogonal projection loss recommend."""


def intra_class_variance(features: Tensor, labels: Tensor) -> Tensor:
    """Mean over the batch's classes of the variance of their ``features`` ``(B, …)``; ``labels`` ``(B,)``.

    Of each feature over the samples of the class, divided by their count, mean over the features: 0 where all
    images of a class have the same features, or where there is one. Raises ValueError for mixed labels.
    """
    values, labels = features.flatten(1), one_class_each(labels)
    groups = [values[labels == number] for number in torch.unique(labels)]
    return torch.stack([group.var(0, correction=0).mean() for group in groups]).mean()


def variance_over_features(features: Tensor, labels: Tensor) -> Tensor:
    """``Σ_c ‖(v_b of class c)‖``, v_b the unbiased variance of a sample over its own features.

    ``features`` ``(B, …)`` of more than one number, ``labels`` ``(B,)``, else ValueError. The norm goes over
    the samples of a class, the sum over the batch's classes. It is 0 only where all features of an image are
    equal, however its class lies. The authors' code of Wang, Rhodes, Feng 2022.
    """
    variances, labels = features.flatten(1).var(1), one_class_each(labels)
    norms = [torch.linalg.vector_norm(variances[labels == number]) for number in torch.unique(labels)]
    return torch.stack(norms).sum()


def orthogonal_projection(features: Tensor, labels: Tensor) -> Tensor:
    """``(1 − s) + γ·|d|``: mean cosine s of pairs of one class, d of pairs of different classes, γ = 0.5.

    ``features`` ``(B, …)``, ``labels`` ``(B,)``, else ValueError. Pairs are of different images; a mean
    over no pairs counts as 1 for s and as 0 for d. Ranasinghe et al. 2021, as in the further terms of Wang,
    Rhodes, Feng 2022. The code of both has d instead of |d|: the same behind a ReLU, where no cosine is
    below 0.
    """
    labels = one_class_each(labels)
    directions = functional.normalize(features.flatten(1), dim=1)
    cosines = directions @ directions.T
    same = labels[:, None] == labels
    alike = same & ~torch.eye(len(labels), dtype=torch.bool, device=labels.device)
    within = ((1 - cosines) * alike).sum() / alike.sum().clamp(min=1)
    between = (cosines * ~same).sum() / (~same).sum().clamp(min=1)
    return within + GAMMA * between.abs()
