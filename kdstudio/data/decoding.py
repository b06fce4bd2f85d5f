"""Decoding image files of any kind to uint8 squares of one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO

from kdstudio.errors import KDStudioError
from kdstudio.given import printable, reason, why_no_file

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I")
MOST_PIXELS = 64_000_000
"""A file of a few kilobytes may hold more, and each takes up to 20 bytes of memory while it is decoded."""
MANY_PIXELS = 8_000_000
"""Images with more are decoded one at a time."""
_one_at_a_time = Lock()


class UnreadableImageError(KDStudioError):
    """A file that is no image, or a damaged one."""


@dataclass(frozen=True)
class ImageFiles:
    """Files and how to decode them; callable by number, picklable."""

    files: Sequence[Path]
    size: int
    grey: bool

    def __call__(self, index: int) -> Tensor:
        """Return image number ``index`` as uint8 ``(C, size, size)``."""
        return decode(self.files[index], self.size, grey=self.grey)


def decode(file: Path, size: int, *, grey: bool) -> Tensor:
    """Decode ``file`` to uint8 ``(C, size, size)`` as :func:`squared` does; raises UnreadableImageError."""
    with opened_image(file, str(file)) as image:
        is_large = image.width * image.height > MANY_PIXELS
        with _one_at_a_time if is_large else nullcontext():
            return squared(image, size, grey=grey)


@contextmanager
def opened_image(file: Path | BinaryIO, name: str) -> Iterator[Image]:
    """Open an image, whose pixels are decoded when they are asked for; messages call it ``name``.

    Raises UnreadableImageError, within the block too, where the file is no image, damaged, or has more than
    :data:`MOST_PIXELS`.
    """
    from PIL import Image, UnidentifiedImageError

    name = printable(name)
    if isinstance(file, Path) and (why := why_no_file(file)):
        raise UnreadableImageError(f"'{name}' cannot be read: {why}")
    Image.MAX_IMAGE_PIXELS = None  # beyond it Pillow only warns; ours, below, is a refusal
    try:
        with Image.open(file) as image:
            _check_size(image, name)
            yield image
    except UnidentifiedImageError as error:
        raise UnreadableImageError(f"'{name}' is not an image") from error
    except (MemoryError, KDStudioError):
        raise
    except PermissionError as error:
        raise UnreadableImageError(f"'{name}' cannot be read: {reason(error)}") from error
    except Exception as error:  # on damaged files PIL's decoders raise whatever they stumble over
        raise UnreadableImageError(f"'{name}' is damaged: {error}") from error


def _check_size(image: Image, name: str) -> None:
    """Judge by the header; nothing is decoded yet."""
    if image.width * image.height > MOST_PIXELS:
        raise UnreadableImageError(
            f"'{name}' has {image.width:,}×{image.height:,} pixels, more than "
            f"{MOST_PIXELS // 10**6} million: scale it down"
        )


def squared(image: Image, size: int, *, grey: bool) -> Tensor:
    """Turn an image into uint8 ``(C, size, size)``.

    The shorter side is scaled to ``size``, then a centred square is cut out. Palettes are looked
    up, 16-bit greys keep their upper eight bits, transparent parts turn white, turned photographs
    are set upright.
    """
    import torch
    from PIL import Image as Images
    from PIL import ImageOps

    ImageOps.exif_transpose(image, in_place=True)
    eight_bit = _eight_bit(image, grey=grey)
    square = ImageOps.fit(eight_bit, (size, size), Images.Resampling.BILINEAR)
    pixels = torch.frombuffer(bytearray(square.tobytes()), dtype=torch.uint8)
    return pixels.view(size, size, 1 if grey else 3).permute(2, 0, 1).contiguous()


def _eight_bit(image: Image, *, grey: bool) -> Image:
    """Convert to 8-bit grey or colour."""
    import numpy as np
    from PIL import Image as Images

    if image.mode in SIXTEEN_BIT:
        values = np.asarray(image)
        shift = 8 if image.mode != "I" or values.max(initial=0) > 255 else 0
        image = Images.fromarray((values >> shift).clip(0, 255).astype(np.uint8))
    if "transparency" in image.info or image.mode in {"RGBA", "LA", "PA"}:
        coloured = image.convert("RGBA")
        white = Images.new("RGBA", coloured.size, "white")
        image = Images.alpha_composite(white, coloured)
    mode = "L" if grey else "RGB"
    return image if image.mode == mode else image.convert(mode)
