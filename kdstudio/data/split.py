"""The validation split: taken from the training data, stratified, reproducible."""

from __future__ import annotations

import torch
from torch import Tensor

from kdstudio.errors import KDStudioError


def stratified_split(labels: Tensor, fraction: float, seed: int) -> tuple[Tensor, Tensor]:
    """Indices ``(training, validation)`` into ``labels`` ``(N,)``, ascending.

    Every class gives its share; the same labels, fraction and seed give the same split.
    Raises KDStudioError when a class is too small to be in both parts.
    """
    from sklearn.model_selection import train_test_split

    try:
        train, validation = train_test_split(
            range(len(labels)), test_size=fraction, stratify=labels.cpu().numpy(), random_state=seed
        )
    except ValueError as error:
        raise KDStudioError(
            f"a validation share of {fraction:g} cannot be taken from {len(labels)} training "
            f"images of {len(torch.unique(labels))} classes ({error}); raise data.validation or add images"
        ) from error
    return torch.tensor(sorted(train)), torch.tensor(sorted(validation))
