"""What every data set declares, and the registry of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from kdstudio.data.augmentation import Augmentation
from kdstudio.declaration import Declaration, ProgressCallback, Registry

if TYPE_CHECKING:
    from torch import Tensor

    from kdstudio.data.streaming import StreamedImages

ClassName = Annotated[int, Field(ge=0)] | str
"""A class by its number or its name."""


@dataclass(frozen=True)
class LabelledImages:
    """Images as uint8 ``(N, C, H, W)`` and labels as int64 ``(N,)``, index for index.

    The images are a tensor in memory, or files that are decoded when they are asked for.
    """

    images: Tensor | StreamedImages
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
    """Of the training pixels, 0 to 1, channel by channel."""
    std: tuple[float, ...]
    notes: tuple[str, ...] = ()
    """What whoever uses the data should know, for instance which files were skipped."""


class DatasetSpec(Declaration):
    """A data set and its options; subclasses are registered under their ``name``."""

    title: ClassVar[str] = ""
    """The name by which it is known, where that is not the headline's."""
    default_augmentation: ClassVar[Augmentation] = Augmentation()
    """The augmentation that is usual for this data."""
    drawn_share: ClassVar[float] = 1.0
    """Of the image's side, the longer side of what is drawn in it."""

    name: str

    @classmethod
    def introduction(cls) -> tuple[str, str]:
        """Return the name by which it is known, and a line about it."""
        return (cls.title, cls.headline()) if cls.title else super().introduction()

    def summary(self) -> str:
        """Say which it is: its name, and the options that are not the usual ones."""
        chosen = self.model_dump(exclude={"name"}, exclude_defaults=True)
        return ", ".join([self.name, *(f"{option} {value}" for option, value in chosen.items())])

    def is_here(self) -> bool:
        """Tell whether it can be read without downloading anything."""
        return True

    def lacks(self) -> str:
        """Say what has to come here before it can be read; empty where nothing has."""
        return "" if self.is_here() else "a download"

    def load(self, progress: ProgressCallback) -> ImageData:
        """Read it; raises KDStudioError when it is not there."""
        raise NotImplementedError


datasets = Registry[DatasetSpec]("data set", "kdstudio.data.sources", "kdstudio.datasets")
