"""CIFAR-10 and CIFAR-100 (Krizhevsky 2009)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import datasets
from kdstudio.data.published import Archive, PublishedDataset

if TYPE_CHECKING:
    from torch import Tensor


class Cifar(PublishedDataset):
    """50,000 training and 10,000 test images of 32×32 in colour."""

    default_augmentation: ClassVar[Augmentation] = Augmentation(jitter=4, flip=True)

    def archives(self, reader: Any, root: Path) -> Iterator[Archive]:  # noqa: ANN401
        """One archive, whose parts torchvision checks against their md5 before it unpickles them."""
        yield Archive((reader.url,), root / reader.filename, reader.tgz_md5)

    def samples(self, part: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        """Colour channels first."""
        import torch

        images = torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous()
        return images, torch.tensor(part.targets)


@datasets.register
class Cifar10(Cifar):
    """Photographs of ten kinds of things, 60,000 of 32×32 (Krizhevsky 2009)."""

    reader: ClassVar[str] = "CIFAR10"
    title: ClassVar[str] = "CIFAR-10"
    place: ClassVar[str] = "cifar-10-batches-py"

    name: Literal["cifar10"] = "cifar10"


@datasets.register
class Cifar100(Cifar):
    """Photographs of a hundred kinds of things, 60,000 of 32×32 (Krizhevsky 2009)."""

    reader: ClassVar[str] = "CIFAR100"
    title: ClassVar[str] = "CIFAR-100"
    place: ClassVar[str] = "cifar-100-python"

    name: Literal["cifar100"] = "cifar100"
