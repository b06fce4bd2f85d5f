"""Published data sets: read by torchvision, fetched first where they are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from kdstudio.data.declaration import DatasetSpec, ImageData, LabelledImages
from kdstudio.data.download import fetch
from kdstudio.data.folders import data_folder
from kdstudio.declaration import ProgressCallback, option
from kdstudio.errors import KDStudioError
from kdstudio.given import given_path

if TYPE_CHECKING:
    from torch import Tensor


class Archive(NamedTuple):
    """A file that torchvision unpacks: where it is published, where it belongs, its md5."""

    urls: tuple[str, ...]
    path: Path
    md5: str


class PublishedDataset(DatasetSpec):
    """A data set that torchvision can read; subclasses say how."""

    reader: ClassVar[str]
    """Name of torchvision's class."""
    place: ClassVar[str]
    """Where the files lie below the folder."""

    folder: str = option(
        "",
        "Folder",
        "Folder that holds the files; empty means KDSTUDIO_DATA or the user's data folder.",
        path="folder",
    )

    @classmethod
    def needed(cls) -> tuple[str, ...]:
        """Return the download, where the files are not in the usual folder."""
        lacks = cls.model_construct().lacks()  # type: ignore[call-arg]  # name has a default in subclasses
        return (*cls.needs, lacks) if lacks else cls.needs

    def root(self) -> Path:
        """Folder that holds the files."""
        return given_path(self.folder) if self.folder else data_folder()

    def is_here(self) -> bool:
        """Tell whether its folder holds any file."""
        return any(path.is_file() for path in (self.root() / self.place).rglob("*"))

    def archives(self, reader: Any, root: Path) -> Iterator[Archive]:  # noqa: ANN401
        """Tell what has to be fetched."""
        raise NotImplementedError

    def open(self, reader: Any, root: Path, *, train: bool, **more: Any) -> Any:  # noqa: ANN401
        """Open one part with torchvision's class."""
        return reader(str(root), train=train, **more)

    def samples(self, part: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401
        """Return images uint8 ``(N, C, H, W)`` and labels ``(N,)`` of an opened part."""
        raise NotImplementedError

    def names(self, part: Any) -> tuple[str, ...]:  # noqa: ANN401
        """Return the names of the classes."""
        return tuple(part.classes)

    def load(self, progress: ProgressCallback) -> ImageData:
        """Read both parts, fetching first what is missing."""
        from torchvision import datasets

        from kdstudio.data.statistics import channel_statistics

        reader, root = getattr(datasets, self.reader), self.root()
        progress(f"reading {self.title}", 0.0)
        try:
            train, test = self._open_both(reader, root, progress)
            (images, labels), (test_images, test_labels) = self.samples(train), self.samples(test)
            names = self.names(train)
        except (OSError, RuntimeError, ValueError, AssertionError, AttributeError) as error:
            raise KDStudioError(
                f"the {self.title} files in {root / self.place} cannot be read ({error}); "
                "delete them and copy or download them again"
            ) from error
        mean, std = channel_statistics(images)
        return ImageData(
            LabelledImages(images, labels.long()),
            LabelledImages(test_images, test_labels.long()),
            names,
            mean,
            std,
        )

    def _open_both(self, reader: Any, root: Path, progress: ProgressCallback) -> tuple[Any, Any]:  # noqa: ANN401
        try:
            return tuple(self.open(reader, root, train=part, download=False) for part in (True, False))
        except RuntimeError:  # "Dataset not found"
            self._fetch(reader, root, progress)
        with redirect_stdout(StringIO()):  # it prints what it unpacks
            return tuple(self.open(reader, root, train=part, download=True) for part in (True, False))

    def _fetch(self, reader: Any, root: Path, progress: ProgressCallback) -> None:  # noqa: ANN401
        archives = list(self.archives(reader, root))
        try:
            for archive in archives:
                fetch(archive.urls, archive.path, archive.md5, progress)
        except OSError as error:
            names = ", ".join(archive.path.name for archive in archives)
            raise KDStudioError(
                f"{self.title} is not complete in {root / self.place} and could not be downloaded "
                f"({error}); put {names} into {archives[0].path.parent}, or set KDSTUDIO_DATA to the "
                f"folder that holds {names if self.place == '.' else self.place}"
            ) from error
