"""A folder of images of one's own: one folder for each class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import DatasetSpec, ImageData, LabelledImages, datasets
from kdstudio.data.folders import data_folder
from kdstudio.declaration import ProgressCallback, option
from kdstudio.errors import KDStudioError, speaking_of
from kdstudio.given import given_path, printable

if TYPE_CHECKING:
    from torch import Tensor

TEST_FOLDERS = ("test", "val", "valid", "validation")
STATISTICS_SAMPLE = 2000
DECODERS = 4
MEMORY_SHARE = 0.4
"""Share of the free memory that decoded images may take before they are streamed instead."""


@dataclass(frozen=True)
class Listing:
    """Files of one part with the numbers of their classes."""

    files: tuple[Path, ...]
    labels: tuple[int, ...]


@datasets.register
class ImageFolder(DatasetSpec):
    """A folder of images: one folder for each class, or train/ and test/ with such folders in them."""

    needs: ClassVar[tuple[str, ...]] = ("a folder of yours",)
    default_augmentation: ClassVar[Augmentation] = Augmentation(jitter=4, flip=True)

    name: Literal["folder"] = "folder"
    path: str = option(
        ...,
        "Folder",
        "Holds a folder of images for each class, or train/ and test/.",
        path="folder",
        min_length=1,
    )
    size: int = option(
        32,
        "Image size",
        "The shorter side of every image is scaled to this, then a centred square is cut out.",
        unit="pixels",
        ge=4,
        le=1024,
    )
    colour: Literal["rgb", "grey"] = option("rgb", "Colour", "Three channels, or one.")
    test: float = option(
        0.2,
        "Test share",
        "Share of each class kept for the test where there is no test/ folder.",
        gt=0,
        lt=1,
    )
    unreadable: Literal["stop", "skip"] = option(
        "stop", "Unreadable files", "Stop and name the first, or leave them out and say which.", advanced=True
    )
    memory: Literal["auto", "resident", "stream"] = option(
        "auto",
        "Memory",
        "Decode once and keep everything in memory, or decode from the files in every epoch; auto "
        "streams what would not fit.",
        advanced=True,
    )

    def root(self) -> Path:
        """Folder of the images; a relative path may also begin in the data folder."""
        given = given_path(self.path)
        return given if given.is_absolute() or os.path.isdir(given) else data_folder() / given

    def lacks(self) -> str:
        """Name the folder, where there is none."""
        return "" if os.path.isdir(self.root()) else f"the folder '{self.path}'"

    def load(self, progress: ProgressCallback) -> ImageData:
        """List, decode (or prepare to), and report what was skipped."""
        import torch

        from kdstudio.data.statistics import channel_statistics

        root = self.root()
        progress(f"looking through {root}", 0.0)
        train, test, names = self._list(root)
        listings = (train, test)
        streams = self._streams(len(train.files) + len(test.files))
        decoded = self._decoded(root, listings, progress, keep=not streams)
        notes = self._account_for(listings, decoded["readable"])
        counts = [len(listing.files) for listing in listings]
        masks = torch.split(decoded["readable"], counts)
        if streams:
            parts = [
                self._streamed(_at(one, m.nonzero().flatten().tolist()))
                for one, m in zip(listings, masks, strict=True)
            ]
        else:
            images = torch.split(decoded["images"], counts)
            parts = [
                LabelledImages(pixels[mask], torch.tensor(listing.labels)[mask])
                for listing, pixels, mask in zip(listings, images, masks, strict=True)
            ]
        for number, name in enumerate(names):
            if not bool((parts[0].labels == number).any()):
                raise KDStudioError(
                    f"class '{name}' in '{root}' has no readable image; remove it or add some"
                )
        if not len(parts[1]):
            raise KDStudioError(f"'{root}' has no readable test image; mend the files or add some")
        count = len(parts[0])
        sample = torch.arange(0, count, max(1, count // STATISTICS_SAMPLE))
        mean, std = channel_statistics(parts[0].images[sample])
        return ImageData(parts[0], parts[1], names, mean, std, notes)

    def _list(self, root: Path) -> tuple[Listing, Listing, tuple[str, ...]]:
        """Find both parts; without a test folder a share of each class is split off."""
        from kdstudio.data.split import stratified_split

        if not os.path.isdir(root):
            with speaking_of("data", "source", "path"):
                raise KDStudioError(f"no folder '{root}'; name one that holds a folder for each class")
        training = root / "train"
        if not training.is_dir():
            whole, names = list_classes(root)
            import torch

            try:
                kept, tested = stratified_split(torch.tensor(whole.labels), self.test, seed=0)
            except KDStudioError as error:
                raise KDStudioError(
                    f"a test share of {self.test:g} cannot be taken from the {len(whole.files)} images of "
                    f"{len(names)} classes in '{root}'; change data.source.test, add images, or make train/ "
                    "and test/"
                ) from error
            return _at(whole, kept.tolist()), _at(whole, tested.tolist()), names
        listing, names = list_classes(training)
        for folder in TEST_FOLDERS:
            if (root / folder).is_dir():
                test, test_names = list_classes(root / folder)
                if test_names != names:
                    raise KDStudioError(
                        f"'{training}' and '{root / folder}' have different classes: "
                        f"{', '.join(sorted(set(names) ^ set(test_names)))}"
                    )
                return listing, test, names
        raise KDStudioError(f"'{root}' has train/ but none of {', '.join(f'{f}/' for f in TEST_FOLDERS)}")

    def _streams(self, count: int) -> bool:
        if self.memory != "auto":
            return self.memory == "stream"
        import psutil

        size = count * self.size**2 * (3 if self.colour == "rgb" else 1)
        return bool(size > MEMORY_SHARE * psutil.virtual_memory().available)

    def _streamed(self, listing: Listing) -> LabelledImages:
        import torch

        from kdstudio.data.decoding import ImageFiles
        from kdstudio.data.streaming import StreamedImages

        grey = self.colour == "grey"
        files = ImageFiles(listing.files, self.size, grey)
        shape = (1 if grey else 3, self.size, self.size)
        images = StreamedImages(files, torch.arange(len(listing.files)), shape)
        return LabelledImages(images, torch.tensor(listing.labels))

    def _decoded(
        self, root: Path, listings: Sequence[Listing], progress: ProgressCallback, *, keep: bool
    ) -> dict[str, Tensor]:
        """Decode every file once, to know which can be read and to ``keep`` the images; or find that done."""
        from kdstudio.data.cache import content_key, load_cached, save_cached

        files = [file for listing in listings for file in listing.files]
        key = content_key(files, root, self.size, self.colour, keep)
        found = load_cached(key)
        if found is None:
            found = self._decode(files, progress, keep=keep)
            save_cached(key, found)
        return found

    def _account_for(self, listings: Sequence[Listing], readable: Tensor) -> tuple[str, ...]:
        """Stop at files that cannot be read, or tell which are left out."""
        files = [file for listing in listings for file in listing.files]
        missing = [files[i] for i in (~readable).nonzero().flatten().tolist()]
        if missing and self.unreadable == "stop":
            self._complain(missing)
        return tuple(f"skipped '{printable(file)}': it cannot be read as an image" for file in missing)

    def _decode(self, files: Sequence[Path], progress: ProgressCallback, *, keep: bool) -> dict[str, Tensor]:
        """Decode all files; rows of those that cannot be read stay black and are marked."""
        import torch

        from kdstudio.data.decoding import UnreadableImageError, decode

        grey = self.colour == "grey"
        shape = (len(files) if keep else 1, 1 if grey else 3, self.size, self.size)
        images = torch.zeros(shape, dtype=torch.uint8)
        readable = torch.ones(len(files), dtype=torch.bool)

        def take(number: int) -> None:
            try:
                images[number if keep else 0] = decode(files[number], self.size, grey=grey)
            except UnreadableImageError:
                readable[number] = False

        with ThreadPoolExecutor(DECODERS) as threads:
            for number, _ in enumerate(threads.map(take, range(len(files)))):
                if number % 100 == 0:
                    progress("decoding images", number / len(files))
        return {"images": images, "readable": readable} if keep else {"readable": readable}

    def _complain(self, missing: Sequence[Path]) -> None:
        from kdstudio.data.decoding import UnreadableImageError, decode

        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        try:
            decode(missing[0], self.size, grey=self.colour == "grey")
        except UnreadableImageError as error:
            raise KDStudioError(
                f"{error}{more}; mend or remove it, or leave such files out with data.source.unreadable=skip"
            ) from error


def list_classes(folder: Path) -> tuple[Listing, tuple[str, ...]]:
    """List a folder that holds one folder for each class; KDStudioError where it does not."""
    from torchvision.datasets.folder import IMG_EXTENSIONS

    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != ".")
    if len(names) < 2:
        found = f"only '{names[0]}'" if names else "no folder"
        raise KDStudioError(
            f"'{folder}' holds {found}; there must be one folder of images for each of at least two classes"
        )
    if unreadable := [name for name in names if not name.isprintable()]:
        raise KDStudioError(
            f"class folder '{printable(folder / unreadable[0])}' has a name that cannot be printed; rename it"
        )
    files: list[Path] = []
    labels: list[int] = []
    for number, name in enumerate(names):
        found_files = sorted(
            file
            for file in (folder / name).rglob("*")
            if file.suffix.lower() in IMG_EXTENSIONS and not _hidden(file.relative_to(folder))
        )
        if not found_files:
            raise KDStudioError(
                f"class folder '{folder / name}' holds no image ({', '.join(IMG_EXTENSIONS)}); "
                "remove it or add some"
            )
        files += found_files
        labels += [number] * len(found_files)
    return Listing(tuple(files), tuple(labels)), tuple(names)


def _hidden(path: Path) -> bool:
    """Tell of notes that a file browser left beside the images, as ``._photo.jpg``."""
    return any(part[0] == "." for part in path.parts)


def _at(listing: Listing, index: Sequence[int]) -> Listing:
    return Listing(tuple(listing.files[i] for i in index), tuple(listing.labels[i] for i in index))
