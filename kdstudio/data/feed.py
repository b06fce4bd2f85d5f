"""Batches from resident images: order and views are functions of (seed, epoch, index) alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.seeding import generator


@dataclass(frozen=True)
class Batch:
    """What a step sees: normalised images ``(B, C, H, W)``, labels, sample and view numbers ``(B,)``."""

    images: Tensor
    labels: Tensor
    index: Tensor
    view: Tensor

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.labels)


class Feed:
    """One part of a data set, resident on the training device, as batches."""

    def __init__(
        self,
        part: LabelledImages,
        data: ImageData,
        *,
        batch_size: int,
        seed: int = 0,
        augmentation: Augmentation | None = None,
    ) -> None:
        """``part`` lies on the training device already; ``data`` tells mean and std."""
        self.part = part
        self.augmentation = augmentation or Augmentation()
        self._batch_size = min(batch_size, len(part))
        self._seed = seed
        device = part.images.device
        mean, std = (torch.tensor(v, device=device).view(1, -1, 1, 1) for v in (data.mean, data.std))
        self._scale, self._shift = 1 / (255 * std), -mean / std

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.part)

    @property
    def steps(self) -> int:
        """Batches in an epoch; a last batch of one sample is left out (batch norm needs two)."""
        full, rest = divmod(len(self), self._batch_size)
        return full + (rest > 1 or full == 0)

    @property
    def views(self) -> int:
        """How many views each sample has."""
        return self.augmentation.views

    def batch(self, index: Tensor, view: Tensor) -> Batch:
        """Make the batch of samples ``index`` in views ``view``, both ``(B,)`` on the device."""
        images = self.augmentation.apply(self.part.images[index], view)
        normalised = images.float().mul_(self._scale).add_(self._shift)
        return Batch(normalised, self.part.labels[index], index, view)

    def shuffled(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """Yield the batches of training epoch ``epoch`` (from 0), from step ``start`` on."""
        device = self.part.labels.device
        order = torch.randperm(len(self), generator=generator(self._seed, "order", epoch)).to(device)
        views = torch.randint(self.views, (len(self),), generator=generator(self._seed, "views", epoch)).to(
            device
        )
        for step in range(start, self.steps):
            index = order[step * self._batch_size : (step + 1) * self._batch_size]
            yield self.batch(index, views[index])

    def in_order(self, view: int | None = None) -> Iterator[Batch]:
        """Yield every sample once, ascending; unaugmented unless a ``view`` is asked for."""
        shown = self.augmentation.plain if view is None else view
        index = torch.arange(len(self), device=self.part.labels.device)
        for part in torch.split(index, self._batch_size):
            yield self.batch(part, torch.full_like(part, shown))
