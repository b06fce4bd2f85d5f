"""Pictures that are dropped or pasted: where they are, or what they are made of."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage

from kdstudio.errors import KDStudioError

PICTURES = "Pictures (*.png *.jpg *.jpeg *.bmp *.gif *.webp *.tif *.tiff *.ppm *.pgm);;All files (*)"


class Given(NamedTuple):
    """A file, or pixels of another program."""

    source: Path | QImage
    name: str

    def content(self) -> Path | bytes:
        """Return what can be decoded; quick for files, for pixels a while."""
        return self.source if isinstance(self.source, Path) else png(self.source)


def can_be_given(data: QMimeData) -> bool:
    """Tell whether there may be a picture in it."""
    return data.hasUrls() or data.hasImage()


def given_by(data: QMimeData, how: str) -> Given:
    """Find the picture in what was dropped or copied; of several files the first.

    Raises KDStudioError where there is none; ``how`` says how it came: ``pasted``.
    """
    files = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if files:
        return Given(files[0], files[0].name)
    image = QImage(data.imageData()) if data.hasImage() else QImage()
    if not image.isNull():
        return Given(image, f"the {how} picture")
    if data.hasUrls():
        raise KDStudioError(f"'{data.urls()[0].toString()}' is not on this machine; save it as a file first")
    raise KDStudioError("there is no picture to paste; copy one, or a file with one, and paste again")


def png(image: QImage) -> bytes:
    """Write an image as a file in memory, without loss."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())
