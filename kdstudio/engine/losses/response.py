"""Losses on what networks answer: their logits."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from kdstudio.engine.losses.geometry import unit
from kdstudio.models.modules.mean_prediction import log_mean_softmax

Loss = Callable[[Tensor, Tensor], Tensor]
"""Of a student's values and a teacher's."""


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Label loss: mean over the batch of ``-log softmax(logits)[label]``, in nats.

    ``logits`` ``(B, K)``, ``labels`` ``(B,)`` int64.
    """
    return functional.cross_entropy(logits, labels)


def soft_kl(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """``T² · KL(softmax(teacher/T) ‖ softmax(student/T))``, summed over classes, mean over the batch.

    Both logits ``(B, K)``; no gradient reaches the teacher. In nats, times T², which keeps the
    gradient's size stable in T. Its gradient to the student's logits is
    ``T · (softmax(student/T) - softmax(teacher/T)) / B``, the same as of :func:`soft_cross_entropy`,
    but its minimum is 0. Hinton, Vinyals, Dean 2015, section 2.
    """
    target = (teacher.detach() / temperature).log_softmax(1)
    answer = (student / temperature).log_softmax(1)
    divergence = functional.kl_div(answer, target, reduction="batchmean", log_target=True)
    return divergence * temperature**2


def soft_cross_entropy(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """``T² · CE(softmax(teacher/T), softmax(student/T))``, summed over classes, mean over the batch.

    Both logits ``(B, K)``; no gradient reaches the teacher. In nats, times T². Its minimum is
    ``T²`` times the entropy of the teacher's softened answer. Hinton, Vinyals, Dean 2015,
    section 2.
    """
    return softened_cross_entropy(student, teacher, temperature) * temperature**2


def softened_cross_entropy(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """``CE(softmax(teacher/T), softmax(student/T))``: :func:`soft_cross_entropy` without the factor T².

    Both logits ``(B, K)``; no gradient reaches the teacher. In nats; its gradients shrink as 1/T². As in
    Romero et al. 2015, equation 2, and Zhang et al. 2019, *Be Your Own Teacher*.
    """
    target = (teacher.detach() / temperature).softmax(1)
    answer = (student / temperature).log_softmax(1)
    return -(target * answer).sum(1).mean()


def over_teachers(student: Tensor, *teachers: Tensor, loss: Loss, shares: Sequence[float]) -> Tensor:
    """Sum of ``loss(student, teacher)`` over the ``teachers``, each times its share.

    Logits ``(B, K)``; as many ``shares`` as teachers, else ValueError.
    """
    losses = [share * loss(student, z) for share, z in zip(shares, teachers, strict=True)]
    return torch.stack(losses).sum()


def decoupled(
    student: Tensor, teacher: Tensor, labels: Tensor, alpha: float, beta: float, temperature: float
) -> Tensor:
    """``T²·(α·TCKD + β·NCKD)``, the two parts of :func:`soft_kl`, each a KL(teacher ‖ student).

    TCKD compares (label, all else), NCKD the softmax over the classes that are not the label. Logits
    ``(B, K)``, ``labels`` ``(B,)`` int64, else ValueError; sums over classes, mean over the batch; no
    gradient reaches the teacher. Zhao et al. 2022, equation 7. Computed from log-sum-exps over the other
    classes; the authors' code takes the logarithm of a softmax, and hides the label with -1000.
    """
    own, other = (_decouple(z / temperature, one_class_each(labels)) for z in (student, teacher.detach()))
    target, others = (
        functional.kl_div(answer, wanted, reduction="batchmean", log_target=True)
        for answer, wanted in zip(own, other, strict=True)
    )
    return (alpha * target + beta * others) * temperature**2


def _decouple(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Log-probabilities ``(B, 2)`` of label and all else, ``(B, K - 1)`` of the others among themselves."""
    others = logits.gather(1, _all_but(labels, logits.shape[1]))
    both = torch.cat([logits.gather(1, labels[:, None]), others.logsumexp(1, keepdim=True)], 1)
    return both.log_softmax(1), others.log_softmax(1)


def dist(student: Tensor, teacher: Tensor, beta: float, gamma: float, temperature: float) -> Tensor:
    """``T²·(β·(1 - ρ_rows) + γ·(1 - ρ_columns))``, ρ the mean Pearson correlation of softened predictions.

    Logits ``(B, K)``; a row is one image's answer, a column one class over the batch. No gradient reaches
    the teacher. A constant row or column correlates with nothing: its ρ is 0. Huang et al. 2022,
    equations 7 to 10, times T² as in the authors' code.
    """
    own, other = ((z / temperature).softmax(1) for z in (student, teacher.detach()))
    loss = beta * (1 - _correlation(own, other)) + gamma * (1 - _correlation(own.T, other.T))
    return loss * temperature**2


def _correlation(own: Tensor, other: Tensor) -> Tensor:
    """Pearson correlation of each row of one with that of the other; mean over the rows."""
    own, other = (unit(rows - rows.mean(1, keepdim=True)) for rows in (own, other))
    return (own * other).sum(1).mean()


def standardised(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """:func:`soft_kl` of z-scores: each image's logits less their mean, over their standard deviation.

    Logits ``(B, K)``; the deviation is unbiased (K - 1), as in the authors' code, which adds 1e-7 to it.
    Where all logits of an image are equal, its z-scores are 0 and get no gradient. No gradient reaches
    the teacher. Sun et al. 2024, algorithm 1.
    """
    return soft_kl(_z_scores(student), _z_scores(teacher.detach()), temperature)


def _z_scores(logits: Tensor) -> Tensor:
    return unit(logits - logits.mean(1, keepdim=True)) * math.sqrt(logits.shape[1] - 1)


def uniform_cross_entropy(logits: Tensor) -> Tensor:
    """``-(1/K)·Σ log softmax(logits)``: cross-entropy to the uniform distribution, mean over the batch.

    ``logits`` ``(B, K)``; no teacher and no labels. Label smoothing is ``1 - ε`` times the cross-entropy
    to the labels plus ε times this. Szegedy et al. 2016, section 7.
    """
    return -logits.log_softmax(1).mean()


def teacher_free(logits: Tensor, labels: Tensor, correct: float, temperature: float) -> Tensor:
    """``KL(softmax(p/T) ‖ softmax(logits))`` to a virtual teacher p, summed over classes, mean over B.

    p has ``correct`` on the label and the rest spread evenly; ``logits`` ``(B, K)``, ``labels`` ``(B,)``
    int64, else ValueError. Yuan et al. 2020, equation 10. Softened as in the authors' code: p itself, not
    its logarithm, is divided by T, the student's logits are not, and there is no T²; the mean over
    classes that is taken there and multiplied by 100 is the sum over the 100 classes of CIFAR-100.
    """
    virtual = torch.full_like(logits, (1 - correct) / (logits.shape[1] - 1))
    virtual = virtual.scatter(1, one_class_each(labels)[:, None], correct)
    target = (virtual / temperature).log_softmax(1)
    return functional.kl_div(logits.log_softmax(1), target, reduction="batchmean", log_target=True)


class MixedLabelsError(ValueError):
    """A loss that needs one class for each image has been given mixed images."""


def one_class_each(labels: Tensor) -> Tensor:
    """Return ``labels`` ``(B,)``; MixedLabelsError for shares ``(B, K)`` of mixed images."""
    if labels.ndim != 1:
        raise MixedLabelsError("it needs one class for each image, but mixed images have shares of several")
    return labels


def mean_soft_kl(student: Tensor, *teachers: Tensor, temperature: float) -> Tensor:
    """Mean of :func:`soft_kl` over the ``teachers``, each ``(B, K)``; no gradient reaches them.

    Zhang et al. 2018, the loss for larger cohorts, times T². The authors' code takes the sum, which is
    as many times as much.
    """
    return torch.stack([soft_kl(student, teacher, temperature) for teacher in teachers]).mean()


def soft_kl_to_mean(student: Tensor, *teachers: Tensor, temperature: float) -> Tensor:
    """``T² · KL(mean of softmax(teacher/T) ‖ softmax(student/T))``, summed over classes, mean over B.

    Logits ``(B, K)``; no gradient reaches the ``teachers``. Its gradient is that of
    :func:`mean_soft_kl`; its value is less, by how much the teachers differ from their mean. DML_e of
    Zhang et al. 2018, times T².
    """
    target = log_mean_softmax(*(teacher.detach() / temperature for teacher in teachers))
    answer = (student / temperature).log_softmax(1)
    divergence = functional.kl_div(answer, target, reduction="batchmean", log_target=True)
    return divergence * temperature**2


def confidence_weighted(student: Tensor, teacher: Tensor, labels: Tensor) -> Tensor:
    """``Σ_b w_b·(-log softmax(student_b)[label_b])``, w_b the teacher's highest probability over its sum.

    Logits ``(B, K)``, ``labels`` ``(B,)`` int64, else ValueError; the weights sum to 1 over the batch and
    get no gradient. CWTM of Furlanello et al. 2018: only how sure the teacher is matters, not what it
    predictions.
    """
    confidence = teacher.detach().softmax(1).amax(1)
    losses = functional.cross_entropy(student, one_class_each(labels), reduction="none")
    return (confidence * losses).sum() / confidence.sum()


def permuted_cross_entropy(student: Tensor, teacher: Tensor) -> Tensor:
    """Cross-entropy to the teacher's answer of which all but the largest probability are permuted.

    Logits ``(B, K)``; T = 1, summed over classes, mean over the batch; no gradient reaches the teacher.
    Every image has its own permutation, drawn anew from torch's random numbers, which the loop seeds at
    every step. DKPP of Furlanello et al. 2018, whose gradient has the largest probability at the label;
    here it stays at the teacher's own answer, which is the label of nearly all training images.
    """
    target = teacher.detach().softmax(1)
    others = _all_but(target.argmax(1), target.shape[1])
    order = torch.rand(others.shape, device=others.device).argsort(1)
    target = target.scatter(1, others, target.gather(1, others).gather(1, order))
    return -(target * student.log_softmax(1)).sum(1).mean()


def _all_but(classes: Tensor, count: int) -> Tensor:
    """Numbers of the ``count`` classes without the one given for each image: ``(B, count - 1)``."""
    numbers = torch.arange(count - 1, device=classes.device)
    return numbers + (numbers >= classes[:, None])
