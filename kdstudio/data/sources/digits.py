"""The 8×8 digits that scikit-learn carries: small, offline, the default."""

from __future__ import annotations

from typing import ClassVar, Literal

from kdstudio.data.augmentation import Augmentation
from kdstudio.data.declaration import DatasetSpec, ImageData, LabelledImages, datasets
from kdstudio.declaration import ProgressCallback


@datasets.register
class Digits(DatasetSpec):
    """Handwritten digits, 1797 images of 8×8 (UCI, in scikit-learn); a fixed quarter is the test set."""

    default_augmentation: ClassVar[Augmentation] = Augmentation(jitter=1)

    name: Literal["digits"] = "digits"

    def load(self, progress: ProgressCallback) -> ImageData:
        """1347 training and 450 test images; the stratified split never changes."""
        import torch
        from sklearn.datasets import load_digits
        from sklearn.model_selection import train_test_split

        from kdstudio.data.statistics import channel_statistics

        progress("reading digits", 0.0)
        pixels, labels = load_digits(return_X_y=True)
        indices = train_test_split(range(len(labels)), test_size=450, stratify=labels, random_state=0)
        images = torch.from_numpy(pixels.reshape(-1, 1, 8, 8) * (255 / 16)).round().to(torch.uint8)
        targets = torch.from_numpy(labels).long()
        train, test = (LabelledImages(images[part], targets[part]) for part in indices)
        mean, std = channel_statistics(images[indices[0]])
        return ImageData(train, test, tuple("0123456789"), mean, std)
