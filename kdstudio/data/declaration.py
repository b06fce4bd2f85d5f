"""What every data set declares, and the registry of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from kdstudio.declaration import Declaration, ProgressCallback, Registry

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class LabelledImages:
    """Images as uint8 ``(N, C, H, W)`` and labels as int64 ``(N,)``, index for index."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.labels)


@dataclass(frozen=True)
class ImageData:
    """A loaded data set: both parts, and what is needed to read the pixels and the classes."""

    train: LabelledImages
    test: LabelledImages
    class_names: tuple[str, ...]
    mean: tuple[float, ...]
    std: tuple[float, ...]


class DatasetSpec(Declaration):
    """A data set and its options; subclasses are registered under their ``name``."""

    channels: ClassVar[int]
    size: ClassVar[int]
    classes: ClassVar[int]

    name: str

    def load(self, progress: ProgressCallback) -> ImageData:
        """Read all of it into memory; raises KDStudioError when it is not there."""
        raise NotImplementedError


datasets = Registry("data set", "kdstudio.data.sources")
