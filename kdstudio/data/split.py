"""The validation split: taken from the training data, stratified, reproducible."""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from kdstudio.errors import KDStudioError

Counts = NDArray[np.int64]


def stratified_split(labels: Tensor, fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """Indices ``(training, validation)`` into ``labels`` ``(N,)``, ascending.

    Every class gives its share; the same labels, fraction and seed give the same split, that of
    scikit-learn's ``train_test_split`` (which takes seconds to import).
    Raises KDStudioError when a class is too small to be in both parts.
    """
    targets = labels.cpu().numpy()
    _classes, counts = np.unique(targets, return_counts=True)
    wanted = math.ceil(fraction * len(targets))
    reason = ""
    if counts.min() < 2:
        reason = "one of them has a single image"
    elif wanted < len(counts):
        reason = f"that is {wanted}, fewer than one of each"
    elif len(targets) - wanted < len(counts):
        reason = f"that leaves {len(targets) - wanted}, fewer than one of each"
    if reason:
        raise KDStudioError(
            f"a validation share of {fraction:g} cannot be taken from {len(targets)} training "
            f"images of {len(counts)} classes: {reason}; raise data.validation or add images"
        )
    random = np.random.RandomState(seed)
    kept = _shares(counts, len(targets) - wanted, random)
    taken = _shares(counts - kept, wanted, random)
    training, validation = [], []
    places = np.split(np.argsort(targets, kind="stable"), np.cumsum(counts)[:-1])
    for of_class, keep, take in zip(places, kept, taken, strict=True):
        shuffled = of_class[random.permutation(len(of_class))]
        training.append(shuffled[:keep])
        validation.append(shuffled[keep : keep + take])
    first, second = (torch.from_numpy(np.sort(np.concatenate(part))) for part in (training, validation))
    return first, second


def _shares(counts: Counts, wanted: int, random: np.random.RandomState) -> Counts:
    """Share ``wanted`` out in proportion to ``counts``: by largest remainders, ties drawn at random."""
    exact = counts / counts.sum() * wanted
    shares = np.floor(exact)
    remainders, missing = exact - shares, int(wanted - shares.sum())
    for remainder in np.unique(remainders)[::-1]:
        if not missing:
            break
        (tied,) = np.where(remainders == remainder)
        chosen = random.choice(tied, size=min(len(tied), missing), replace=False)
        shares[chosen] += 1
        missing -= len(chosen)
    return np.asarray(shares, np.int64)
