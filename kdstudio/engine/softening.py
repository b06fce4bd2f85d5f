"""What the temperature does to predictions, and to the gradients that a student gets from them.

Everything takes logits ``(B, K)`` and a temperature ``T > 0``. Hinton, Vinyals, Dean 2015, section 2.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

Divergence = Callable[[Tensor, Tensor, float], Tensor]
"""A loss of the student's logits, the teacher's and the temperature, averaged over the batch."""


def softened(logits: Tensor, temperature: float) -> Tensor:
    """Probabilities ``softmax(logits/T)``, shape ``(B, K)``; equation 1.

    Logits (5, 1) give 0.982 and 0.018 at T = 1, 0.599 and 0.401 at T = 10.
    """
    return (logits / temperature).softmax(1)


def entropy(logits: Tensor, temperature: float) -> Tensor:
    """Entropy of the softened predictions, ``(B,)`` in nats: 0 when certain, ``log K`` when all are alike."""
    answer = (logits / temperature).log_softmax(1)
    return -(answer.exp() * answer).sum(1)


def divergence(student: Tensor, teacher: Tensor, temperature: float = 1.0) -> Tensor:
    """``KL(softmax(teacher/T) ‖ softmax(student/T))`` of each sample, ``(B,)`` in nats, without T²."""
    target, answer = ((logits / temperature).log_softmax(1) for logits in (teacher, student))
    return (target.exp() * (target - answer)).sum(1)


def gradient(divergence: Divergence, student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """Gradient ``(B, K)`` of each sample's loss at the student's logits, by automatic differentiation.

    Of ``soft_kl`` and of ``soft_cross_entropy``, which carry the factor T², it is
    ``T · (softmax(student/T) - softmax(teacher/T))``; the samples' mean would be smaller by ``1/B``.
    """
    own = student.detach().requires_grad_()
    with torch.enable_grad():
        loss = divergence(own, teacher, temperature) * len(own)
    (found,) = torch.autograd.grad(loss, own)
    return found


def high_temperature_gradient(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """What the gradient ``(B, K)`` comes to at a high temperature, without the factor T².

    ``(z - v) / (K T²)``, where ``z`` and ``v`` are the student's and the teacher's logits less their
    mean over the classes; equation 4.
    """
    own, other = (logits - logits.mean(1, keepdim=True) for logits in (student, teacher))
    return (own - other) / (student.shape[1] * temperature**2)


def mean_soft_targets(logits: Tensor, labels: Tensor, temperature: float) -> Tensor:
    """Mean of the softened predictions over the samples of each true class, ``(K, K)``.

    Rows are true classes, ``labels`` ``(B,)`` int64; a class without samples has a row of NaN.
    """
    classes = logits.shape[1]
    sums = logits.new_zeros(classes, classes).index_add_(0, labels, softened(logits, temperature))
    return sums / torch.bincount(labels, minlength=classes).unsqueeze(1)
