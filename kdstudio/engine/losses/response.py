"""Losses on what networks answer: their logits."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


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
    target = (teacher.detach() / temperature).softmax(1)
    answer = (student / temperature).log_softmax(1)
    return -(target * answer).sum(1).mean() * temperature**2
