"""Biases of classes that a network never saw, fitted without a label of any image it is fitted on.

A student that learns from a teacher's predictions alone knows classes it has never seen, but believes
them to be rare: their logits are too low (Hinton, Vinyals, Dean 2015, section 3). Shifting a class's
logits by a constant is the same as shifting the bias of its output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from torch import Tensor

from kdstudio.errors import KDStudioError

Group = Literal["fewer", "left-out", "seen", "all"]
"""Which classes are shifted: those left out of training, those seen, whichever are fewer, or both."""

TOLERANCE = 1e-6
"""How far the mean predicted probability may stay from the share, relative to it."""
MOST_ROUNDS = 10_000


def classes_of(group: Group, unseen: Sequence[int], shares: Tensor) -> tuple[int, ...]:
    """Numbers of the classes to shift, ascending.

    ``fewer`` is what the paper does: it raises 3 where only 3 was left out, and lowers 7 and 8 where
    only these were seen. Classes of which the data have no image (``shares`` ``(K,)`` 0) are neither.
    """
    seen = [number for number, share in enumerate(shares.tolist()) if share and number not in unseen]
    if group == "fewer":
        group = "seen" if len(seen) < len(unseen) else "left-out"
    chosen = {"left-out": [*unseen], "seen": seen, "all": [*unseen, *seen]}[group]
    return tuple(sorted(chosen))


def fitted_biases(logits: Tensor, shares: Tensor, shifted: Sequence[int]) -> dict[int, float]:
    """Shifts ``b_c`` of the classes ``shifted`` with which each one's mean probability is its share.

    ``logits`` ``(N, K)`` are a network's predictions to unlabelled images; no gradient is needed or kept.
    ``shares`` ``(K,)`` is how common each class is among the images that the teacher learned from.
    Every round adds ``log(share_c / mean_n softmax(z_n + b)_c)`` to every ``b_c``, in float64. This
    converges: ``F(b) = mean_n logsumexp(z_n + b) - Σ_c share_c·b_c`` is convex, its minimum is what is
    sought, and, by ``log x <= x - 1``, a round lowers it by at least the generalised KL divergence
    from the mean probabilities to the shares (improved iterative scaling, Della Pietra et al. 1997).
    Where all classes are shifted only differences matter, and the mean of the shifts is made 0.

    Hinton, Vinyals, Dean 2015, section 3, chose one shift for all these classes, and chose it on the
    test set.

    Raises KDStudioError for a class without a share, and when the rounds do not settle.
    """
    where = list(shifted)
    values, targets = logits.detach().cpu().double(), shares.cpu().double()[where].log()
    if not bool(targets.isfinite().all()):
        rare = where[int(targets.argmin())]
        raise KDStudioError(f"no training image is of class number {rare}; leave it out of the shift")
    biases = torch.zeros(values.shape[1], dtype=torch.float64)
    for _round in range(MOST_ROUNDS):
        probabilities = (values + biases).log_softmax(1)[:, where]
        gap = targets - (probabilities.logsumexp(0) - torch.tensor(float(len(values))).log())
        biases[where] += gap
        if gap.abs().max() < TOLERANCE:
            break
    else:
        worst = where[int(gap.abs().argmax())]
        raise KDStudioError(
            f"the bias of class number {worst} did not settle in {MOST_ROUNDS:,} rounds: the answers are too "
            "sure to be shifted smoothly; shift other classes, or set the bias by hand"
        )
    if len(where) == values.shape[1]:
        biases -= biases.mean()
    return {number: float(biases[number]) for number in where}


def with_biases(logits: Tensor, biases: Mapping[int, float]) -> Tensor:
    """Return ``logits`` ``(N, K)`` with each class's number added to its column."""
    row = logits.new_zeros(logits.shape[1])
    for number, bias in biases.items():
        row[number] = bias
    return logits + row
