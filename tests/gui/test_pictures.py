"""Images of the data as pictures."""

import numpy as np

from kdstudio.gui.pictures import COLUMNS, TILE, enlarged, picture, tiled


def test_a_sample_becomes_its_picture(qapp):
    sample = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert picture(sample).pixelColor(1, 0).getRgb()[:3] == (3, 4, 5)
    grey = picture(np.full((2, 2, 1), 9, dtype=np.uint8))
    assert grey.pixelColor(0, 1).getRgb()[:3] == (9, 9, 9)


def test_samples_are_laid_out_in_rows(qapp):
    samples = [np.full((2, 2, 1), shade, dtype=np.uint8) for shade in range(COLUMNS + 1)]
    image = tiled(samples, ratio=2.0).toImage()
    assert (image.width(), image.height()) == (COLUMNS * TILE * 2, 2 * TILE * 2)
    assert image.pixelColor(5, TILE * 2 + 5).red() == COLUMNS
    assert image.pixelColor(TILE * 2 + 5, TILE * 2 + 5).alpha() == 0


def test_a_sample_is_enlarged_pixel_by_pixel(qapp):
    sample = np.array([[[0], [255]]], dtype=np.uint8)
    pixmap = enlarged(sample, 100, ratio=2.0)
    assert (pixmap.width(), pixmap.height()) == (200, 100)
    image = pixmap.toImage()
    assert [image.pixelColor(x, 50).red() for x in (99, 100)] == [0, 255]
