"""The 8×8 digits that KD Studio carries: small, offline, the default."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import DatasetSpec, ImageData, LabelledImages, datasets
from kdstudio.declaration import ProgressCallback
from kdstudio.shipped import shipped

TRAINING_IMAGES = 1347
"""The file's first are the training part, the others the test part."""


@datasets.register
class Digits(DatasetSpec):
    """Handwritten digits, 1797 images of 8×8 (UCI); a fixed quarter is the test set."""

    title: ClassVar[str] = "Small digits"
    default_augmentation: ClassVar[Augmentation] = Augmentation(jitter=1)

    name: Literal["digits"] = "digits"

    def load(self, progress: ProgressCallback) -> ImageData:
        """1347 training and 450 test images; the stratified split never changes."""
        import numpy
        import torch

        from kdstudio.data.statistics import channel_statistics

        progress("reading digits", 0.0)
        with numpy.load(shipped("resources") / "digits" / "digits.npz") as file:
            pixels, targets = torch.from_numpy(file["images"]), torch.from_numpy(file["labels"]).long()
        images = (pixels[:, None] * (255 / 16)).round().to(torch.uint8)
        train, test = (
            LabelledImages(images[part], targets[part])
            for part in (slice(TRAINING_IMAGES), slice(TRAINING_IMAGES, None))
        )
        mean, std = channel_statistics(images[:TRAINING_IMAGES])
        return ImageData(train, test, tuple("0123456789"), mean, std)
