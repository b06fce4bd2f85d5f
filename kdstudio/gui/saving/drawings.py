"""What can be painted anywhere, and as a PNG picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter

SCALE = 2
"""Pixels of a picture to one of the window: as sharp as on a good screen."""
LARGEST = 12_000_000
"""Pixels of a picture that is so sharp; to pack more, as of a table of hundreds of rows, takes seconds."""


class Layer(NamedTuple):
    """A part of a drawing; the later one lies above."""

    paint: Callable[[QPainter], None]
    clip: QRectF | None = None
    """Where it is seen; None: wherever it paints."""


class Drawing(NamedTuple):
    """Something with a size."""

    size: QSize
    ground: str
    """Colour behind it."""
    layers: Sequence[Layer]


def as_image(drawing: Drawing) -> QImage:
    """Paint ``drawing`` at twice its size; a very large one as it is."""
    size = drawing.size * SCALE
    scale = SCALE if size.width() * size.height() <= LARGEST else 1
    image = QImage(drawing.size * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(drawing.ground))
    with QPainter(image) as painter:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        for layer in drawing.layers:
            painter.save()
            if layer.clip is not None:
                painter.setClipRect(layer.clip)
            layer.paint(painter)
            painter.restore()
    return image


def as_png(drawing: Drawing) -> bytes:
    """Return the picture's file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    as_image(drawing).save(buffer, "PNG")
    return buffer.data().data()
