"""A picture from anywhere as an image of a run's data, with what was done to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from kdstudio.data.decoding import SIXTEEN_BIT, opened_image, squared
from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

    from kdstudio.models.declaration import ImageShape

GREYS = ("1", "L", "LA", "I", "F", *SIXTEEN_BIT)
OPAQUE = 255
ORIENTATION = 0x0112
"""Exif's number of the field that tells how a camera was held."""
MIDDLE = 0.5
"""Between dark and light, of 0 to 1."""


@dataclass(frozen=True)
class Picture:
    """What the networks see."""

    pixels: Tensor
    """uint8 ``(C, H, W)``."""
    notes: tuple[str, ...] = ()
    """What was done to the file, and what is doubtful, a sentence each."""


def check_shape(shape: ImageShape) -> None:
    """Raise KDStudioError where a picture cannot be made of this shape."""
    if shape.channels not in (1, 3) or shape.height != shape.width:
        raise KDStudioError(
            f"the run's images are {shape.channels}×{shape.height}×{shape.width}; only square ones, grey or "
            "with three channels, can be made of a picture"
        )


def read_picture(
    source: Path | bytes, shape: ImageShape, name: str = "", *, inverted: bool = False
) -> Picture:
    """Decode a file, or its bytes, as the images of a folder are decoded; say what was done.

    ``inverted`` exchanges light and dark.

    Raises UnreadableImageError where it is no image, damaged or too large, and
    KDStudioError where the run's images are not of such a kind.
    """
    check_shape(shape)
    file = BytesIO(source) if isinstance(source, bytes) else source
    called = name or (source.name if isinstance(source, Path) else "the picture")
    grey = shape.channels == 1
    with opened_image(file, called) as image:
        notes = tuple(_notes(image, shape))  # before what they tell of is decoded
        pixels = squared(image, shape.height, grey=grey)
    return _with_doubts(Picture(255 - pixels if inverted else pixels, notes), shape)


def _notes(image: Image, shape: ImageShape) -> Iterator[str]:
    """Say what becomes of a file's peculiarities."""
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        yield f"Of {frames:,} frames the first is answered."
    if image.mode in SIXTEEN_BIT or any(";16" in str(tile) for tile in getattr(image, "tile", ())):
        yield "Of 16 bits the upper eight are read."
    elif image.mode == "F":
        yield "Its numbers are no bytes: they are cut to 0 to 255."
    if _is_transparent(image):
        yield "Transparent parts turn white."
    if shape.channels == 1 and image.mode not in GREYS:
        yield "Colours turn grey."
    if image.getexif().get(ORIENTATION, 1) != 1:
        yield "It is turned upright."
    yield from _scaling(image, shape.height)


def _scaling(image: Image, size: int) -> Iterator[str]:
    if image.size == (size, size):
        return
    cut = "" if image.width == image.height else ", and the middle square cut out"
    yield f"{image.width:,}×{image.height:,} pixels were scaled to {size}×{size}{cut}."


def _is_transparent(image: Image) -> bool:
    if "transparency" not in image.info and image.mode not in ("RGBA", "LA", "PA"):
        return False
    opacity = (image if "A" in image.getbands() else image.convert("RGBA")).getchannel("A")
    return opacity.histogram()[OPAQUE] < image.width * image.height


def _with_doubts(picture: Picture, shape: ImageShape) -> Picture:
    """Add that a grey picture is light where the run's images are dark, or the other way round."""
    if shape.channels != 1:
        return picture
    is_light, are_light = float(picture.pixels.float().mean() / 255) > MIDDLE, is_on_light(shape)
    if is_light == are_light:
        return picture
    ours, theirs = ("light", "dark") if is_light else ("dark", "light")
    doubt = f"It is mostly {ours}, the images of this run mostly {theirs}: try it inverted."
    return replace(picture, notes=(*picture.notes, doubt))


def is_on_light(shape: ImageShape) -> bool:
    """Tell whether the run's images are mostly light, as dark ink on paper."""
    return shape.mean[0] > MIDDLE


def drawn_picture(ink: Tensor, shape: ImageShape, share: float) -> Picture:
    """Make a picture of strokes, uint8 ``(H, W)``, bright on 0: as large, centred and bright as the run's.

    ``share`` is that of the data set, see :func:`kdstudio.data.strokes.fitted`. Raises KDStudioError where
    the run's images are in colour.
    """
    from kdstudio.data.strokes import fitted

    check_shape(shape)
    if shape.channels != 1:
        raise KDStudioError("this run's images are in colour; what is drawn here is grey: choose a picture")
    pixels = fitted(ink, shape.height, share)
    return Picture(255 - pixels if is_on_light(shape) else pixels)
