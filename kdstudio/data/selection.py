"""Which of the training images are used: some classes, a share, some with wrong labels."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from kdstudio.data.declaration import ImageData, LabelledImages
from kdstudio.data.seeding import generator
from kdstudio.errors import KDStudioError


def class_numbers(wanted: Sequence[int | str], names: Sequence[str]) -> list[int]:
    """Numbers of the classes given by number or name; KDStudioError for unknown or repeated ones."""
    found: list[int] = []
    for which in wanted:
        number = names.index(which) if which in names else which
        if not isinstance(number, int) or not 0 <= number < len(names):
            raise KDStudioError(f"no class {which!r}; there are {', '.join(names)}")
        if number in found:
            raise KDStudioError(f"class {which!r} is given twice; name each class once")
        found.append(number)
    return found


def only_classes(data: ImageData, wanted: Sequence[int | str]) -> ImageData:
    """Return a data set of some classes alone, numbered anew from 0 in the order given, in both parts."""
    numbers = class_numbers(wanted, data.class_names)
    if len(numbers) < 2:
        raise KDStudioError(
            f"only class '{data.class_names[numbers[0]]}' would be left; name at least two in data.classes"
        )
    train, test = (part_of_classes(part, numbers, renumber=True) for part in (data.train, data.test))
    names = tuple(data.class_names[number] for number in numbers)
    return ImageData(train, test, names, data.mean, data.std, data.notes)


def part_of_classes(part: LabelledImages, numbers: Sequence[int], *, renumber: bool) -> LabelledImages:
    """Return the samples of some classes; ``renumber`` counts these from 0 in the order given."""
    chosen = subset(part, of_classes(part.labels, numbers, keep=True))
    if not renumber:
        return chosen
    wanted = torch.tensor(numbers, device=chosen.labels.device)
    return LabelledImages(chosen.images, (chosen.labels[:, None] == wanted).int().argmax(1))


def subset(part: LabelledImages, index: Tensor) -> LabelledImages:
    """Return the samples at ``index`` ``(M,)``."""
    images = part.images
    chosen = images[index] if isinstance(images, Tensor) else images.subset(index)
    return LabelledImages(chosen, part.labels[index])


def of_classes(labels: Tensor, numbers: Sequence[int], *, keep: bool) -> Tensor:
    """Indices, ascending, of the samples whose class is among ``numbers`` (or, not ``keep``, is not)."""
    among = torch.isin(labels, torch.tensor(numbers, dtype=labels.dtype, device=labels.device))
    return (among if keep else ~among).nonzero().squeeze(1)


def stratified_share(labels: Tensor, share: float, seed: int, purpose: str) -> Tensor:
    """Indices, ascending, of ``share`` of each class, at least one, drawn for ``purpose``."""
    chosen = []
    for number in torch.unique(labels).tolist():
        members = (labels == number).nonzero().squeeze(1)
        order = torch.randperm(len(members), generator=generator(seed, purpose, number))
        chosen.append(members[order[: max(1, round(share * len(members)))]])
    return torch.cat(chosen).sort().values


def with_label_noise(labels: Tensor, share: float, classes: int, seed: int) -> Tensor:
    """Return labels of which ``share`` of each class is replaced by another class, drawn evenly."""
    if not share:
        return labels
    index = stratified_share(labels, share, seed, "label noise")
    steps = torch.randint(1, classes, (len(index),), generator=generator(seed, "wrong labels"))
    noisy = labels.clone()
    noisy[index] = (labels[index] + steps) % classes
    return noisy
