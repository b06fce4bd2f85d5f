"""What somebody has drawn, as an image of a data set of figures: scaled and centred as these are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def fitted(ink: Tensor, size: int, share: float) -> Tensor:
    """Fit strokes, uint8 ``(H, W)``, bright on 0, into an image: uint8 ``(1, size, size)``, bright on 0.

    The longer side of their box is scaled to ``share`` of the image; their centre of mass is put into its
    middle, or as near as nothing is cut off. LeCun, Bottou, Bengio, Haffner 1998 made MNIST so, from boxes
    of 20 in 28 pixels. Without strokes the image is empty.
    """
    import torch

    image = torch.zeros(1, size, size, dtype=torch.uint8)
    if ink.any():
        scaled = _scaled(_box(ink), max(1, round(share * size)))
        top, left = (_place(scaled.double().sum(1 - side), size) for side in (0, 1))
        height, width = scaled.shape
        image[0, top : top + height, left : left + width] = scaled
    return image


def _box(ink: Tensor) -> Tensor:
    """Cut out the strokes."""
    rows, columns = (ink.any(1 - side).nonzero().flatten() for side in (0, 1))
    return ink[int(rows[0]) : int(rows[-1]) + 1, int(columns[0]) : int(columns[-1]) + 1]


def _scaled(box: Tensor, longer: int) -> Tensor:
    """Scale a box so that its longer side has ``longer`` pixels."""
    import numpy as np
    import torch
    from PIL import Image

    height, width = (max(1, round(side * longer / max(box.shape))) for side in box.shape)
    small = Image.fromarray(box.numpy()).resize((width, height), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(small))


def _place(mass: Tensor, size: int) -> int:
    """Where a box begins, whose ``mass`` by row is given, so that its centre is in the middle of ``size``."""
    import torch

    centre = float((mass * (torch.arange(len(mass)) + 0.5)).sum() / mass.sum())
    return min(max(round(size / 2 - centre), 0), size - len(mass))
