"""Street View House Numbers (Netzer et al. 2011)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import datasets
from kdstudio.data.published import Archive, PublishedDataset

if TYPE_CHECKING:
    from torch import Tensor


@datasets.register
class SVHN(PublishedDataset):
    """House numbers, 73,257 training and 26,032 test images of 32×32 in colour (Netzer 2011)."""

    default_augmentation: ClassVar[Augmentation] = Augmentation(jitter=4)
    reader: ClassVar[str] = "SVHN"
    title: ClassVar[str] = "SVHN"
    place: ClassVar[str] = "."

    name: Literal["svhn"] = "svhn"

    def archives(self, reader: Any, root: Path) -> Iterator[Archive]:  # noqa: ANN401
        """Two MATLAB files."""
        for part in ("train", "test"):
            url, name, md5 = reader.split_list[part]
            yield Archive((url,), root / name, md5)

    def is_here(self) -> bool:
        """Tell whether the files, which have no folder of their own, are there."""
        return (self.root() / "train_32x32.mat").exists()

    def open(self, reader: Any, root: Path, *, train: bool, **more: Any) -> Any:  # noqa: ANN401
        """Open one part."""
        return reader(str(root), split="train" if train else "test", **more)

    def samples(self, part: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        """They are as they should be."""
        import torch

        return torch.from_numpy(part.data), torch.from_numpy(part.labels)

    def names(self, part: Any) -> tuple[str, ...]:  # noqa: ANN401
        """The digits."""
        return tuple("0123456789")
