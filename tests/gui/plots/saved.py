"""What every plot's files must hold, whatever it draws."""

import csv
import io
from xml.etree import ElementTree

import numpy as np
from PySide6.QtGui import QImage

SVG = "{http://www.w3.org/2000/svg}"


def rows_of(plot):
    """The CSV read back: head and rows."""
    head, *rows = csv.reader(io.StringIO(plot.content().file("csv").decode()))
    assert all(len(row) == len(head) for row in rows)
    return head, rows


def picture_of(plot):
    """Pixels of the PNG ``(H, W, 3)``."""
    image = QImage.fromData(plot.content().file("png"), "PNG").convertToFormat(QImage.Format.Format_RGB888)
    assert not image.isNull()
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return pixels[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def texts_of(plot):
    """All texts of the SVG."""
    root = ElementTree.fromstring(plot.content().file("svg"))
    assert root.tag == f"{SVG}svg"
    return ["".join(found.itertext()).strip() for found in root.iter(f"{SVG}text")]


def has_colour(plot, colour):
    """Tell whether ``#rrggbb`` is in the picture."""
    wanted = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)])
    return bool((np.abs(picture_of(plot).astype(int) - wanted).max(2) <= 2).any())
