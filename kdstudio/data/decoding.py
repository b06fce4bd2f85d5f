"""Decoding image files of any kind to uint8 squares of one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from kdstudio.errors import KDStudioError

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

SIXTEEN_BIT = ("I;16", "I;16B", "I;16L", "I")


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
        return squared(image, size, grey=grey)


@contextmanager
def opened_image(file: Path | BinaryIO, name: str) -> Iterator[Image]:
    """Open an image, whose pixels are decoded when they are asked for; messages call it ``name``.

    Raises UnreadableImageError, within the block too, where the file is no image or damaged.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(file) as image:
            yield image
    except UnidentifiedImageError as error:
        raise UnreadableImageError(f"'{name}' is not an image") from error
    except Image.DecompressionBombError as error:
        raise UnreadableImageError(
            f"'{name}' has more pixels than can be decoded safely: scale it down"
        ) from error
    except (MemoryError, KDStudioError):
        raise
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise UnreadableImageError(f"'{name}' cannot be read: {error.strerror}") from error
    except Exception as error:  # on damaged files PIL's decoders raise whatever they stumble over
        raise UnreadableImageError(f"'{name}' is damaged: {error}") from error


def squared(image: Image, size: int, *, grey: bool) -> Tensor:
    """Turn an image into uint8 ``(C, size, size)``.

    The shorter side is scaled to ``size``, then a centred square is cut out. Palettes are looked
    up, 16-bit greys keep their upper eight bits, transparent parts turn white, turned photographs
    are set upright.
    """
    import torch
    from PIL import Image as Images
    from PIL import ImageOps

    eight_bit = _eight_bit(ImageOps.exif_transpose(image), grey=grey)
    square = ImageOps.fit(eight_bit, (size, size), Images.Resampling.BILINEAR)
    pixels = torch.frombuffer(bytearray(square.tobytes()), dtype=torch.uint8)
    return pixels.view(size, size, 1 if grey else 3).permute(2, 0, 1).contiguous()


def _eight_bit(image: Image, *, grey: bool) -> Image:
    """Convert to 8-bit grey or colour."""
    import numpy as np
    from PIL import Image as Images

    if image.mode in SIXTEEN_BIT:
        values = np.asarray(image).astype(np.int64)
        shift = 8 if image.mode != "I" or values.max(initial=0) > 255 else 0
        image = Images.fromarray((values >> shift).clip(0, 255).astype(np.uint8))
    if "transparency" in image.info or image.mode in {"RGBA", "LA", "PA"}:
        coloured = image.convert("RGBA")
        white = Images.new("RGBA", coloured.size, "white")
        image = Images.alpha_composite(white, coloured)
    return image.convert("L" if grey else "RGB")
