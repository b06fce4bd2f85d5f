"""Batches of images: order and views are functions of (seed, epoch, index) alone.

Samples lie in blocks, the same in every epoch and for every seed. In one epoch all images of a block are
shown in the same view, drawn for the block; so what a frozen network says of a block in a view can be found
again, and every image's view is still drawn evenly from all.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kdstudio.data.augmentation import Augmentation, Mixing
from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.mixing import mix
from kdstudio.data.normalisation import Normalisation
from kdstudio.data.seeding import generator
from kdstudio.data.selection import of_classes
from kdstudio.errors import KDStudioError
from kdstudio.processes import ALONE, Processes, Share

BLOCK = 128
"""Samples in a block; the last one may hold fewer."""


@dataclass(frozen=True)
class Batch:
    """What a step sees: normalised images ``(B, C, H, W)``, labels, sample and view numbers ``(B,)``.

    A view's number is the augmentation's, 0 for images as they are. Labels are int64 ``(B,)``, or shares of
    the classes ``(B, K)`` where images are mixed.
    """

    images: Tensor
    labels: Tensor
    index: Tensor
    view: Tensor
    share: Share | None = None
    """Which of the images are here, where several processes have each its own; the rest is known to all."""

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.labels)

    def first(self, count: int) -> Batch:
        """Return the batch of the first ``count`` samples."""
        return Batch(self.images[:count], self.labels[:count], self.index[:count], self.view[:count])


class Feed:
    """One part of a data set as batches; resident on the training device, or streamed from files."""

    def __init__(
        self,
        part: LabelledImages,
        data: ImageData,
        *,
        batch_size: int,
        seed: int = 0,
        augmentation: Augmentation | None = None,
        mixing: Mixing | None = None,
        views_per_image: int = 0,
    ) -> None:
        """``part`` has its labels on the training device; ``data`` tells mean and std.

        With ``views_per_image`` each block keeps to so many of the augmentation's views, drawn once from the
        ``seed``; 0 means all.
        """
        self.part = part
        self.data = data
        self.augmentation = augmentation or Augmentation()
        self._mixing = mixing or Mixing()
        self._classes = len(data.class_names)
        self._batch_size = min(batch_size, len(part))
        self._seed = seed
        self._device = part.labels.device
        self._normalise = Normalisation(data.mean, data.std, self._device)
        self._by_block = torch.randperm(len(part), generator=generator(0, "blocks")).to(self._device)
        self.places = torch.empty_like(self._by_block)
        """Where each sample stands, ``(N,)``, when all are put block behind block."""
        self.places[self._by_block] = torch.arange(len(part), device=self._device)
        self._kept: Tensor | None = None
        """The augmentation's numbers of each block's views, ``(blocks, V)``, where it keeps to some."""
        if 0 < views_per_image < self.augmentation.views:
            drawn, size = generator(seed, "kept views"), (self.blocks, views_per_image)
            self._kept = torch.randint(self.augmentation.views, size, generator=drawn)

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.part)

    @property
    def steps(self) -> int:
        """Batches in an epoch; a last batch of one sample is left out (batch norm needs two)."""
        full, rest = divmod(len(self), self._batch_size)
        return full + (rest > 1 or full == 0)

    def images_in(self, steps: int) -> int:
        """Count the images in the first ``steps`` batches of an epoch; the last batch may be short."""
        return min(steps * self._batch_size, len(self))

    def count_of(self, classes: Collection[int]) -> int:
        """Count the images of ``classes``, none meaning all."""
        return len(of_classes(self.part.labels, [*classes], keep=True)) if classes else len(self)

    @property
    def blocks(self) -> int:
        """Count the blocks."""
        return -(-len(self) // BLOCK)

    @property
    def is_mixed(self) -> bool:
        """Tell whether images are mixed, so that no image is seen twice."""
        return self._mixing.kind != "none"

    @property
    def views(self) -> int:
        """How many views each sample has, before any mixing."""
        return self.augmentation.views if self._kept is None else self._kept.shape[1]

    def views_in(self, epoch: int) -> Tensor:
        """View of each block in training epoch ``epoch`` (from 0): the augmentation's numbers, on the CPU."""
        drawn = generator(self._seed, "views", epoch)
        views = torch.randint(self.views, (self.blocks,), generator=drawn)
        return views if self._kept is None else self._kept.gather(1, views[:, None]).squeeze(1)

    def _batch(self, pixels: Tensor, index: Tensor, view: Tensor | None) -> Batch:
        """Augment and normalise; ``view`` None leaves the images as they are."""
        pixels = pixels.to(self._device, non_blocking=True)
        if view is not None:
            pixels = self.augmentation.apply(pixels, view)
        numbers = torch.zeros_like(index) if view is None else view
        return Batch(self._normalise(pixels), self.part.labels[index], index, numbers)

    def pixels(self, images: Tensor) -> Tensor:
        """Undo the normalisation: uint8 ``(B, C, H, W)``, to be looked at."""
        return self._normalise.undone(images)

    def _pixels(self, indices: Sequence[Tensor]) -> Iterator[Tensor]:
        """Look up or decode the images of each batch, ahead of time where that takes long."""
        images = self.part.images
        if isinstance(images, Tensor):
            return (images[index] for index in indices)
        return images.stream(indices)

    def check_shares(self, among: Processes) -> None:
        """Raise KDStudioError where a batch has fewer images than there are processes."""
        if self._batch_size < among.count:
            raise KDStudioError(
                f"{among.count} processes cannot share a batch of {self._batch_size} images; start no more "
                f"than {self._batch_size}, or choose larger batches"
            )

    def shuffled(self, epoch: int, start: int = 0, among: Processes = ALONE) -> Iterator[Batch]:
        """Yield the batches of training epoch ``epoch`` (from 0), from step ``start`` on.

        Several processes get the same batches, each with the images of its share alone.
        """
        order = torch.randperm(len(self), generator=generator(self._seed, "order", epoch))
        views = self.views_in(epoch).to(self._device)[self.places // BLOCK]
        steps = range(start, self.steps)
        indices = [
            order[step * self._batch_size : (step + 1) * self._batch_size].to(self._device) for step in steps
        ]
        if among.count > 1:
            yield from self._in_shares(indices, views, epoch, start, among)
            return
        for step, index, pixels in zip(steps, indices, self._pixels(indices), strict=True):
            batch = self._batch(pixels, index, views[index])
            yield self._mixed(batch, epoch, step)

    def _in_shares(
        self, indices: Sequence[Tensor], views: Tensor, epoch: int, start: int, among: Processes
    ) -> Iterator[Batch]:
        """Yield the batches at ``indices``, with the images of a share; what is mixed is prepared whole."""
        shares = [among.share(len(index)) for index in indices]
        shown = [slice(None) if self.is_mixed else share.shown for share in shares]
        seen = [index[rows] for index, rows in zip(indices, shown, strict=True)]
        for number, pixels in enumerate(self._pixels(seen)):
            index, share = indices[number], shares[number]
            batch = self._mixed(self._batch(pixels, seen[number], views[seen[number]]), epoch, start + number)
            if self.is_mixed:
                yield replace(batch, images=batch.images[share.shown], share=share)
            else:
                yield Batch(batch.images, self.part.labels[index], index, views[index], share)

    def _mixed(self, batch: Batch, epoch: int, step: int) -> Batch:
        if not self.is_mixed:
            return batch
        images, labels = mix(batch.images, batch.labels, self._classes, self._mixing, self._seed, epoch, step)
        return Batch(images, labels, batch.index, batch.view)

    def looked_at(self, first: int, count: int, epoch: int | None) -> Batch:
        """Return ``count`` samples from number ``first`` of a fixed order, in their views of ``epoch``.

        None leaves them as they are. They are not mixed.
        """
        order = torch.randperm(len(self), generator=generator(self._seed, "order", 0))
        index = order[first : first + count].to(self._device)
        views = None if epoch is None else self.views_in(epoch).to(self._device)[self.places // BLOCK][index]
        (pixels,) = self._pixels([index])
        return self._batch(pixels, index, views)

    @property
    def batches(self) -> int:
        """Batches in which every sample is seen once."""
        return -(-len(self) // self._batch_size)

    def in_order(self, batches: slice = slice(None)) -> Iterator[Batch]:
        """Yield every sample once, ascending and unaugmented; or those of some ``batches`` alone."""
        indices = torch.split(torch.arange(len(self), device=self._device), self._batch_size)[batches]
        for index, pixels in zip(indices, self._pixels(indices), strict=True):
            yield self._batch(pixels, index, None)

    def in_blocks(self, views: Mapping[int, int]) -> Iterator[Batch]:
        """Yield some blocks, whole and in their own order; ``views`` tells each one's view by its number."""
        indices = [self._by_block[block * BLOCK : (block + 1) * BLOCK] for block in views]
        for index, pixels, view in zip(indices, self._pixels(indices), views.values(), strict=True):
            yield self._batch(pixels, index, torch.full_like(index, view))
