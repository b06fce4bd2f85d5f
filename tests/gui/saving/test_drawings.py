"""Pictures are twice as sharp as the window, within reason."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor

from kdstudio.gui.saving.drawings import Drawing, Layer, as_image


@pytest.mark.parametrize(("height", "scale"), [(1000, 2), (3000, 2), (3001, 1), (8000, 1)])
def test_a_picture_of_a_long_table_is_no_sharper_than_the_window(qapp, height, scale):
    size = QSize(1000, height)
    last = Layer(lambda painter: painter.fillRect(0, height - 10, 1000, 10, QColor("red")))
    image = as_image(Drawing(size, "white", [last]))
    assert image.size() == size * scale
    assert image.pixelColor(0, image.height() - 1) == QColor("red")
    assert image.pixelColor(0, image.height() - 10 * scale - 1) == QColor("white")
