import torch

from kdstudio.data.strokes import fitted


def strokes(*boxes, side=100):
    """Bright rectangles, each top, left, bottom, right."""
    ink = torch.zeros(side, side, dtype=torch.uint8)
    for top, left, bottom, right in boxes:
        ink[top:bottom, left:right] = 255
    return ink


def box_of(image):
    rows, columns = image[0].amax(1).nonzero().flatten(), image[0].amax(0).nonzero().flatten()
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def test_the_longer_side_takes_its_share_and_the_middle_is_that_of_the_image():
    image = fitted(strokes((5, 60, 85, 80)), 28, 20 / 28)
    assert image.shape == (1, 28, 28)
    assert image.dtype == torch.uint8
    assert box_of(image) == (4, 12, 24, 17)  # 80 × 20 pixels become 20 × 5
    assert int(image.max()) == 255


def test_the_place_and_size_of_what_is_drawn_do_not_matter():
    small, large = strokes((0, 0, 20, 10)), strokes((20, 50, 100, 90))
    assert torch.equal(fitted(small, 28, 20 / 28), fitted(large, 28, 20 / 28))


def test_the_centre_of_mass_is_in_the_middle_not_that_of_the_box():
    heavy_above = strokes((0, 0, 40, 40), (40, 18, 80, 22))
    image = fitted(heavy_above, 28, 20 / 28)[0].double()
    rows = (image.sum(1) * (torch.arange(28) + 0.5)).sum() / image.sum()
    assert abs(float(rows) - 14) <= 0.5
    assert box_of(image[None])[0] > 4  # the box itself stands lower


def test_what_fills_the_image_is_not_cut():
    image = fitted(strokes((0, 0, 60, 60), (60, 0, 100, 10)), 8, 1.0)
    assert box_of(image)[::2] == (0, 8)


def test_without_strokes_the_image_is_empty_and_a_dot_is_as_large_as_a_figure():
    assert not fitted(strokes(), 28, 20 / 28).any()
    assert box_of(fitted(strokes((3, 3, 4, 4)), 28, 20 / 28)) == (4, 4, 24, 24)
