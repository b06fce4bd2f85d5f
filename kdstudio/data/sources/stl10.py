"""STL-10 (Coates, Lee, Ng 2011)."""

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
class STL10(PublishedDataset):
    """Photographs of ten kinds of things, 5,000 training and 8,000 test images of 96×96 (Coates 2011)."""

    default_augmentation: ClassVar[Augmentation] = Augmentation(jitter=12, flip=True)
    reader: ClassVar[str] = "STL10"
    title: ClassVar[str] = "STL-10"
    place: ClassVar[str] = "stl10_binary"

    name: Literal["stl10"] = "stl10"

    def archives(self, reader: Any, root: Path) -> Iterator[Archive]:  # noqa: ANN401
        """One archive."""
        yield Archive((reader.url,), root / reader.filename, reader.tgz_md5)

    def open(self, reader: Any, root: Path, *, train: bool, **more: Any) -> Any:  # noqa: ANN401
        """Open one part; the unlabelled images are left alone."""
        return reader(str(root), split="train" if train else "test", **more)

    def samples(self, part: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        """They are as they should be."""
        import torch

        return torch.from_numpy(part.data), torch.from_numpy(part.labels)
