"""Reading the images that no library reads: the small digits, and a folder of one's own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from kdstudio.data.decoding import UnreadableImageError, decode
from kdstudio.data.sources.digits import TRAINING_IMAGES
from kdstudio.data.sources.folder import TEST_FOLDERS, Listing, list_classes
from kdstudio.data.split import stratified_split
from kdstudio.runs.script.pieces.images import Part


def read_digits(folder: Path) -> tuple[Part, Part]:
    """Read digits.npz: handwritten digits of 8×8, 17 levels of grey; the last quarter is the test part."""
    with np.load(folder / "digits.npz") as file:
        levels, labels = torch.from_numpy(file["images"]), torch.from_numpy(file["labels"]).long()
    images = (levels[:, None] * (255 / 16)).round().to(torch.uint8)
    first, last = slice(TRAINING_IMAGES), slice(TRAINING_IMAGES, None)
    return Part(images[first], labels[first]), Part(images[last], labels[last])


def read_folder(folder: Path, size: int, *, grey: bool, test: float, skip: bool) -> tuple[Part, Part]:
    """Read a folder of images for each class; without train/ in it a share of each class is the test part."""
    if not (folder / "train").is_dir():
        whole = read_part(list_classes(folder)[0], size, grey=grey, skip=skip)
        kept, tested = stratified_split(whole.labels, test, seed=0)
        return whole.at(kept), whole.at(tested)
    tests = next(folder / name for name in TEST_FOLDERS if (folder / name).is_dir())
    train, tested_images = (
        read_part(list_classes(part)[0], size, grey=grey, skip=skip) for part in (folder / "train", tests)
    )
    return train, tested_images


def read_part(listing: Listing, size: int, *, grey: bool, skip: bool) -> Part:
    """Decode all files of a part; with ``skip`` those that cannot be read are left out."""

    def read(file: Path) -> Tensor | None:
        try:
            return decode(file, size, grey=grey)
        except UnreadableImageError:
            if not skip:
                raise
            return None

    with ThreadPoolExecutor() as threads:
        decoded = list(threads.map(read, listing.files))
    labels = [label for label, image in zip(listing.labels, decoded, strict=True) if image is not None]
    return Part(torch.stack([image for image in decoded if image is not None]), torch.tensor(labels))
