"""Icons of the rail: SVG from resources, in the colour of the text."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from kdstudio.gui.theme import icons_folder

SIZES = (24, 48, 96)


@cache
def page_icon(name: str, colour: str) -> QIcon:
    """Return the icon of the page ``name`` drawn in ``colour``."""
    text = (icons_folder() / f"{name.lower()}.svg").read_text("utf-8").replace("currentColor", colour)
    renderer = QSvgRenderer(QByteArray(text.encode()))
    icon = QIcon()
    for size in SIZES:
        pixmap = QPixmap(size, size)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            renderer.render(painter, QRectF(0, 0, size, size))
        icon.addPixmap(pixmap)
    return icon
