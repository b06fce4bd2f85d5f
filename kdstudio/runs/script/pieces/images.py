"""Images and labels: the parts of a data set, and what is kept of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from kdstudio.data.seeding import generator
from kdstudio.data.selection import stratified_share

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


@dataclass(frozen=True)
class Part:
    """Images, uint8 ``(N, C, H, W)``, and the number of each one's class, ``(N,)``."""

    images: Tensor
    labels: Tensor

    def at(self, index: Tensor) -> Part:
        """Return the samples at ``index``."""
        return Part(self.images[index], self.labels[index])

    def to(self, device: torch.device) -> Part:
        """Move it to a device."""
        return Part(self.images.to(device), self.labels.to(device))


@dataclass(frozen=True)
class Data:
    """What is learned from, what choices are made by, and what is reported; pixels are normalised."""

    train: Part
    validation: Part
    test: Part
    mean: Sequence[float]
    std: Sequence[float]

    def normalised(self, pixels: Tensor) -> Tensor:
        """Pixels of 0 to 255, channel by channel, less their mean and divided by their deviation."""
        mean, std = (torch.tensor(v, device=pixels.device).view(1, -1, 1, 1) for v in (self.mean, self.std))
        return (pixels.float() / 255 - mean) / std


@dataclass(frozen=True)
class Batch:
    """What a step sees: normalised images ``(B, C, H, W)``, their labels and their numbers ``(B,)``."""

    images: Tensor
    labels: Tensor
    index: Tensor


def shuffled(part: Part, batch_size: int, seed: int, epoch: int) -> Iterator[Tensor]:
    """Yield the numbers of each batch; a last batch of one image is left out, as batch norm needs two."""
    order = torch.randperm(len(part.labels), generator=generator(seed, "order", epoch))
    for index in torch.split(order.to(part.labels.device), batch_size):
        if len(index) > 1 or len(order) == 1:
            yield index


def only(part: Part, classes: Sequence[int], *, renumber: bool = False) -> Part:
    """Keep some classes alone; ``renumber`` counts them from 0 in the order given."""
    wanted = torch.tensor(classes, device=part.labels.device)
    kept = part.at(torch.isin(part.labels, wanted).nonzero().squeeze(1))
    if not renumber:
        return kept
    return Part(kept.images, (kept.labels[:, None] == wanted).int().argmax(1))


def with_fraction(data: Data, fraction: float, seed: int) -> Data:
    """Train on a share of each class; ``seed`` is the data's, so that it is the same for every network."""
    chosen = stratified_share(data.train.labels, fraction, seed, "fraction of a network")
    return replace(data, train=data.train.at(chosen))


def of_classes(data: Data, classes: Sequence[int], *, renumber: bool) -> Data:
    """Train, choose and test on some classes alone."""
    train, validation, test = (
        only(part, classes, renumber=renumber) for part in (data.train, data.validation, data.test)
    )
    return replace(data, train=train, validation=validation, test=test)


def without_classes(data: Data, classes: Sequence[int]) -> Data:
    """Leave some classes out of training and of what choices are made by; they are still tested."""
    seen = sorted({*data.train.labels.tolist()} - {*classes})
    return replace(data, train=only(data.train, seen), validation=only(data.validation, seen))
