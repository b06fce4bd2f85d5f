"""MNIST and the data sets in its format: FashionMNIST, KMNIST, EMNIST."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import datasets
from kdstudio.data.published import Archive, PublishedDataset
from kdstudio.declaration import option

if TYPE_CHECKING:
    from torch import Tensor


class IdxFiles(PublishedDataset):
    """Four gzipped IDX files below ``NAME/raw``."""

    default_augmentation: ClassVar[Augmentation] = Augmentation(jitter=2)

    def archives(self, reader: Any, root: Path) -> Iterator[Archive]:  # noqa: ANN401
        """The four files, from any mirror."""
        for name, md5 in reader.resources:
            urls = tuple(mirror + name for mirror in reader.mirrors)
            yield Archive(urls, root / self.place / name, md5)

    def samples(self, part: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        """28×28 grey."""
        return part.data.unsqueeze(1), part.targets


@datasets.register
class MNIST(IdxFiles):
    """Handwritten digits, 60,000 training and 10,000 test images of 28×28 (LeCun 1998)."""

    reader: ClassVar[str] = "MNIST"
    drawn_share: ClassVar[float] = 20 / 28
    title: ClassVar[str] = "MNIST"
    place: ClassVar[str] = "MNIST/raw"

    name: Literal["mnist"] = "mnist"

    def names(self, part: Any) -> tuple[str, ...]:  # noqa: ANN401
        """The digits."""
        return tuple("0123456789")


@datasets.register
class FashionMNIST(IdxFiles):
    """Articles of clothing, 60,000 training and 10,000 test images of 28×28 (Xiao 2017)."""

    default_augmentation: ClassVar[Augmentation] = Augmentation(jitter=2, flip=True)
    reader: ClassVar[str] = "FashionMNIST"
    title: ClassVar[str] = "FashionMNIST"
    place: ClassVar[str] = "FashionMNIST/raw"

    name: Literal["fashion-mnist"] = "fashion-mnist"


@datasets.register
class KMNIST(IdxFiles):
    """Cursive Japanese characters, 60,000 training and 10,000 test images of 28×28 (Clanuwat 2018)."""

    reader: ClassVar[str] = "KMNIST"
    title: ClassVar[str] = "KMNIST"
    place: ClassVar[str] = "KMNIST/raw"

    name: Literal["kmnist"] = "kmnist"


@datasets.register
class EMNIST(IdxFiles):
    """Handwritten letters and digits of 28×28 (Cohen 2017)."""

    drawn_share: ClassVar[float] = 24 / 28
    reader: ClassVar[str] = "EMNIST"
    title: ClassVar[str] = "EMNIST"
    place: ClassVar[str] = "EMNIST/raw"

    name: Literal["emnist"] = "emnist"
    split: Literal["balanced", "byclass", "bymerge", "letters", "digits", "mnist"] = option(
        "balanced", "Split", "Which of the six published splits."
    )

    def archives(self, reader: Any, root: Path) -> Iterator[Archive]:  # noqa: ANN401
        """One archive holds all splits."""
        yield Archive((reader.url,), root / self.place / Path(reader.url).name, reader.md5)

    def open(self, reader: Any, root: Path, *, train: bool, **more: Any) -> Any:  # noqa: ANN401
        """Open the chosen split."""
        return reader(str(root), split=self.split, train=train, **more)

    def samples(self, part: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        """Turn the images upright: the files hold them transposed; letters count from 1 there."""
        first = 1 if self.split == "letters" else 0
        return part.data.transpose(1, 2).unsqueeze(1).contiguous(), part.targets - first

    def names(self, part: Any) -> tuple[str, ...]:  # noqa: ANN401
        """Leave out the placeholder that torchvision puts before the letters."""
        return tuple(name for name in part.classes if name != "N/A")
