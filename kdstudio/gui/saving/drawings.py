"""What can be painted anywhere, as a PNG picture or an SVG drawing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QRect, QSize
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

SCALE = 2
"""Pixels of a picture to one of the window: as sharp as on a good screen."""
DOTS_PER_INCH = 96
"""What texts are measured in, so that they are as large in a drawing as in the window."""


class Drawing(NamedTuple):
    """Something with a size, and how it is painted."""

    size: QSize
    ground: str
    """Colour behind it."""
    paint: Callable[[QPainter], None]


def as_image(drawing: Drawing) -> QImage:
    """Paint ``drawing`` at twice its size."""
    image = QImage(drawing.size * SCALE, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(SCALE)
    image.fill(QColor(drawing.ground))
    with QPainter(image) as painter:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        drawing.paint(painter)
    return image


def as_png(drawing: Drawing) -> bytes:
    """Return the picture's file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    as_image(drawing).save(buffer, "PNG")
    return buffer.data().data()


def as_svg(drawing: Drawing, title: str) -> bytes:
    """Return the drawing's file, its texts as texts."""
    buffer = QBuffer()
    generator = QSvgGenerator(QSvgGenerator.SvgVersion.Svg11)  # the smaller version knows no clipping
    generator.setOutputDevice(buffer)
    generator.setResolution(DOTS_PER_INCH)
    generator.setSize(drawing.size)
    generator.setViewBox(QRect(0, 0, drawing.size.width(), drawing.size.height()))
    generator.setTitle(title)
    with QPainter(generator) as painter:
        painter.fillRect(QRect(0, 0, drawing.size.width(), drawing.size.height()), QColor(drawing.ground))
        drawing.paint(painter)
    return QByteArray(buffer.data()).data()
