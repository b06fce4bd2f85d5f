"""The images of a run: which of them are learned from, and the batches that they come in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.feed import Feed
from kdstudio.data.repeats import count_repeated
from kdstudio.data.selection import (
    class_numbers,
    of_classes,
    only_classes,
    part_of_classes,
    stratified_share,
    subset,
    with_label_noise,
)
from kdstudio.data.split import stratified_split
from kdstudio.engine.experiment import DataSpec
from kdstudio.engine.training import TrainingSpec
from kdstudio.errors import KDStudioError, speaking_of
from kdstudio.models.declaration import ImageShape

EVALUATION_BATCH = 1000


class RunData:
    """Training, validation and test images of an experiment, on its device."""

    def __init__(self, spec: DataSpec, seed: int, data: ImageData, device: torch.device) -> None:
        """``data`` as loaded, on the CPU; the parts are moved to ``device`` once."""
        self.loaded = data
        self.spec = spec.model_copy(update={"seed": seed if spec.seed is None else spec.seed})
        """What it is made by, with the seed of the split and of all that is drawn once."""
        with speaking_of("data", "classes"):
            data = only_classes(data, spec.classes) if spec.classes and spec.renumber else data
        self._data = data
        self._device = device
        self.class_names = data.class_names
        self.mean, self.std, self.notes = data.mean, data.std, data.notes
        with speaking_of("data", "validation"):
            training, validation = stratified_split(data.train.labels, spec.validation, self._seed)
        self._training_part = self._resident(self._selected(subset(data.train, training)))
        self.validation = self._evaluation_feed(self._resident(subset(data.train, validation)), data)
        self.test = self._evaluation_feed(self._resident(data.test), data)

    @property
    def _seed(self) -> int:
        assert self.spec.seed is not None
        return self.spec.seed

    def _selected(self, part: LabelledImages) -> LabelledImages:
        """Keep what the experiment wants of the training images, with the labels that it wants."""
        spec, seed = self.spec, self._seed
        if spec.classes and not spec.renumber:
            with speaking_of("data", "classes"):
                numbers = self.class_numbers(spec.classes)
            part = subset(part, of_classes(part.labels, numbers, keep=True))
        if spec.fraction < 1:
            part = self._share_of(part, spec.fraction, "fraction")
        return LabelledImages(
            part.images, with_label_noise(part.labels, spec.label_noise, self.classes, seed)
        )

    def _share_of(self, part: LabelledImages, share: float, purpose: str) -> LabelledImages:
        return subset(part, stratified_share(part.labels, share, self._seed, purpose))

    def class_numbers(self, wanted: Sequence[int | str]) -> list[int]:
        """Numbers of the classes that an experiment names; KDStudioError for an unknown one."""
        return class_numbers(wanted, self.class_names)

    def _resident(self, part: LabelledImages) -> LabelledImages:
        """Move what lies in memory to the training device."""
        images = part.images.to(self._device) if isinstance(part.images, Tensor) else part.images
        return LabelledImages(images, part.labels.to(self._device))

    def _evaluation_feed(self, part: LabelledImages, data: ImageData) -> Feed:
        return Feed(part, data, batch_size=EVALUATION_BATCH)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    @property
    def image(self) -> ImageShape:
        """Shape of an image, and its normalisation."""
        channels, height, width = self._data.train.images.shape[1:]
        return ImageShape(channels, height, width, self.mean, self.std)

    @property
    def training_images(self) -> int:
        """Number of images to learn from."""
        return len(self._training_part)

    def class_shares(self) -> Tensor:
        """Share of each class, ``(K,)``, among the images to learn from, whoever leaves some out."""
        counts = torch.bincount(self._training_part.labels, minlength=self.classes)
        return counts / counts.sum()

    def training_feed(
        self, training: TrainingSpec, classes: Sequence[int] = (), renumber: bool = False, *, seed: int = 0
    ) -> Feed:
        """Return the training images as ``training`` wants them, those of ``classes`` alone if given.

        With ``renumber`` these count from 0 in the order given. Their order and views follow from ``seed``,
        which of them a fraction holds from the data's.
        """
        part = self._training_part
        if training.fraction < 1:
            part = self._share_of(part, training.fraction, "fraction of a network")
        if training.leave_out:
            left_out = self.class_numbers(training.leave_out)
            if classes:
                raise KDStudioError(
                    f"training.leave_out and the strategy's classes both choose what the network sees; "
                    f"empty leave_out ({', '.join(self.class_names[n] for n in left_out)})"
                )
            part = subset(part, of_classes(part.labels, left_out, keep=False))
            if len(seen := torch.unique(part.labels).tolist()) < 2:
                left = (
                    f"only class '{self.class_names[seen[0]]}' is left" if seen else "every class is left out"
                )
                raise KDStudioError(f"{left}; shorten training.leave_out")
        part, data = self._of_classes(part, classes, renumber)
        if not len(part):
            names = ", ".join(self.class_names[number] for number in classes)
            raise KDStudioError(f"no training image is of {names}; add them to data.classes")
        default = self.spec.source.default_augmentation
        return Feed(
            part,
            data,
            batch_size=training.batch_size,
            seed=seed,
            augmentation=default if training.default_augmentation else training.augmentation,
            mixing=training.mixing,
            views_per_image=training.views_per_image,
        )

    def sample_of_training(self, count: int, classes: Sequence[int] = ()) -> Tensor:
        """Return up to ``count`` training images, spread evenly, as they are: normalised ``(N, C, H, W)``."""
        part = self._training_part
        part = subset(part, of_classes(part.labels, [*classes], keep=True)) if classes else part
        even = torch.linspace(0, len(part) - 1, min(count, len(part)), device=part.labels.device)
        feed = self._evaluation_feed(subset(part, even.round().long()), self._data)
        return torch.cat([batch.images for batch in feed.in_order()])

    def seen(self, training: Feed, validation: Feed) -> tuple[int, ...]:
        """Numbers of the classes that ``training`` holds; none where ``validation`` has no others.

        Raises KDStudioError where ``validation`` has not one image of them.
        """
        learned = torch.unique(training.part.labels)
        known = torch.isin(validation.part.labels, learned)
        if not known.any():
            raise KDStudioError(
                "no validation image is of a class that is learned from; raise data.validation or add images"
            )
        return () if known.all() else tuple(learned.tolist())

    def repeated_test_images(self) -> int:
        """Count the test images that are trained or validated on as well, pixel for pixel.

        Images that are streamed from files are not looked at.
        """
        parts = (self.test.part.images, self._training_part.images, self.validation.part.images)
        resident = [images for images in parts if isinstance(images, Tensor)]
        return count_repeated(*resident) if len(resident) == len(parts) else 0

    def evaluation_feeds(self, classes: Sequence[int] = (), renumber: bool = False) -> tuple[Feed, Feed]:
        """Return the validation and the test images, those of ``classes`` alone if given.

        With ``renumber`` these count from 0 in the order given.
        """
        if not classes:
            return self.validation, self.test
        parts = (self.validation.part, self.test.part)
        validation, test = (
            self._evaluation_feed(*self._of_classes(part, classes, renumber)) for part in parts
        )
        return validation, test

    def _of_classes(
        self, part: LabelledImages, classes: Sequence[int], renumber: bool
    ) -> tuple[LabelledImages, ImageData]:
        """Return what is of ``classes`` (none: all), and the data set that its labels belong to."""
        if not classes:
            return part, self._data
        chosen = part_of_classes(part, classes, renumber=renumber)
        if not renumber:
            return chosen, self._data
        return chosen, replace(self._data, class_names=tuple(self.class_names[n] for n in classes))
