"""Losses on how the samples of a batch relate to each other: ``(B, …)`` each, flattened to ``(B, D)``.

Except for :func:`correlation`, the sizes D of student and teacher may differ.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from kdstudio.engine.losses.geometry import unit

FLOOR = 1e-7
"""Added to the probabilities of :func:`probabilistic` before their logarithm is taken."""


def similarity(student: Tensor, teacher: Tensor) -> Tensor:
    """Similarity-preserving: mean over ``(B, B)`` of ``(Ĝ_s - Ĝ_t)²``, Ĝ = ``F Fᵀ`` with rows of length 1.

    No gradient reaches the teacher. Tung and Mori 2019, equations 1 to 4; a sample whose features are
    all zero keeps a row of zeros.
    """
    own, other = (unit(f @ f.T) for f in (student.flatten(1), teacher.detach().flatten(1)))
    return (own - other).square().mean()


def relational_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """Smooth L1 of the distances between samples, each divided by the mean distance in the batch.

    Mean over ``(B, B)``, the diagonal of zeros included, as in the authors' code; the mean distance is
    over pairs that differ, and gradient flows through it. No gradient reaches the teacher, and none
    comes from samples that coincide. Park et al. 2019, equations 5 to 7.
    """
    own, other = (_distances(f) for f in (student.flatten(1), teacher.detach().flatten(1)))
    return functional.smooth_l1_loss(own, other)


def relational_angle(student: Tensor, teacher: Tensor) -> Tensor:
    """Smooth L1 of the cosines of the angles that every three samples form; mean over ``(B, B, B)``.

    Triples in which two are the same sample are counted, as in the authors' code. No gradient reaches
    the teacher, and none comes from samples that coincide. Needs memory for B²·(B + D) numbers. Park et
    al. 2019, equations 8 and 9.
    """
    own, other = (_cosines(f) for f in (student.flatten(1), teacher.detach().flatten(1)))
    return functional.smooth_l1_loss(own, other)


def _differences(vectors: Tensor) -> Tensor:
    """``(B, B, D)``: at [k, i], from sample k to sample i."""
    return vectors[None] - vectors[:, None]


def _distances(vectors: Tensor) -> Tensor:
    lengths: Tensor = torch.linalg.vector_norm(_differences(vectors), dim=-1)
    mean = lengths.sum() / (lengths > 0).sum().clamp_min(1)
    return lengths / mean.masked_fill(mean == 0, torch.inf)


def _cosines(vectors: Tensor) -> Tensor:
    directions = unit(_differences(vectors))
    return directions @ directions.transpose(1, 2)


def probabilistic(student: Tensor, teacher: Tensor) -> Tensor:
    """Probabilistic transfer: mean over ``(B, B)`` of ``p_t·log(p_t / p_s)``.

    ``p`` is ``(cos + 1) / 2`` between samples, each row divided by its sum; 1e-7 is added to both before
    the logarithm. No gradient reaches the teacher. Passalis and Tefas 2018, equations 3 to 6, with the
    diagonal kept and the mean, not the sum, taken as in the authors' code, for which the weight of
    30000 is meant.
    """
    own, other = (_conditional(f) for f in (student.flatten(1), teacher.detach().flatten(1)))
    return (other * ((other + FLOOR) / (own + FLOOR)).log()).mean()


def _conditional(vectors: Tensor) -> Tensor:
    directions = unit(vectors)
    kernel = (directions @ directions.T + 1) / 2
    return kernel / kernel.sum(1, keepdim=True)


def correlation(student: Tensor, teacher: Tensor) -> Tensor:
    """Mean over neighbours in the batch of ``Σ |δ_i|·|δ_{i+1}|``, ``δ = student - teacher``.

    Both ``(B, D)``, B at least 2, else ValueError. No gradient reaches the teacher. The form that
    RepDistiller's table calls CC; Peng et al. 2019, equation 5, compare whole matrices of a Gaussian
    kernel instead.
    """
    own, other = student.flatten(1), teacher.detach().flatten(1)
    if own.shape != other.shape:
        raise ValueError(
            f"it compares number by number, but there are {own.shape[1]} and {other.shape[1]} of them; "
            "project the student to the teacher's size"
        )
    if len(own) < 2:
        raise ValueError("it compares neighbours in the batch; train with a batch size of at least 2")
    distance = (own - other).abs()
    return (distance[:-1] * distance[1:]).sum(1).mean()


def contrastive(log_odds: Tensor) -> Tensor:
    """Noise-contrastive estimation: ``-log σ(own) - Σ log σ(-others)``, mean over B, sum over directions.

    ``(2, B, 1 + K)``: log-odds that a pair is of one image rather than noise, first that of the image's
    own pair, then those of K others; in the directions student to teacher and teacher to student, as
    :class:`kdstudio.engine.contrast.Contrast` makes them. Tian, Krishnan, Isola 2020, equations 17 and
    18, in the form of log-sigmoids, without the 1e-7 that the authors' code adds to the denominators.
    """
    own, others = log_odds[..., 0], log_odds[..., 1:]
    likelihood = functional.logsigmoid(own) + functional.logsigmoid(-others).sum(-1)
    return -likelihood.mean(1).sum()
