"""Images of the data as pictures on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QImage, QPainter, QPixmap

if TYPE_CHECKING:
    import numpy as np

TILE = 40
COLUMNS = 6
GAP_BETWEEN = 3


def picture(sample: np.ndarray) -> QImage:
    """Turn uint8 ``(H, W, C)`` into an image; of more than three channels the first three show."""
    import numpy as np

    height, width, channels = sample.shape
    colours = sample[:, :, :3] if channels >= 3 else np.repeat(sample[:, :, :1], 3, axis=2)
    pixels = np.ascontiguousarray(colours)
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()


def enlarged(sample: np.ndarray, side: int, ratio: float) -> QPixmap:
    """Show one sample with its longer side ``side`` wide, pixel by pixel."""
    room = round(side * ratio)
    pixmap = QPixmap.fromImage(picture(sample).scaled(room, room, Qt.AspectRatioMode.KeepAspectRatio))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def tiled(samples: Sequence[np.ndarray], ratio: float) -> QPixmap:
    """Lay samples out as one picture, with gaps between them."""
    side = round(TILE * ratio)
    gap = round(GAP_BETWEEN * ratio)
    rows = -(-len(samples) // COLUMNS)
    pixmap = QPixmap(COLUMNS * side, rows * side)
    pixmap.fill(Qt.GlobalColor.transparent)
    with QPainter(pixmap) as painter:
        for number, sample in enumerate(samples):
            row, column = divmod(number, COLUMNS)
            painter.drawImage(QRect(column * side, row * side, side - gap, side - gap), picture(sample))
    pixmap.setDevicePixelRatio(ratio)
    return pixmap
