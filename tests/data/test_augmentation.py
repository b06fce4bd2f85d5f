import itertools

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torchvision.transforms.functional import crop, hflip
from torchvision.transforms.functional import pad as padded

from kdstudio.data.augmentation import CUTOUT_PLACES, Augmentation
from kdstudio.errors import KDStudioError

HEIGHT, WIDTH = 5, 4


def images(count=3, channels=2, height=HEIGHT, width=WIDTH):
    generator = torch.Generator().manual_seed(0)
    shape = (count, channels, height, width)
    return torch.randint(1, 256, shape, dtype=torch.uint8, generator=generator)


def in_view(augmentation, original, view):
    return augmentation.apply(original, torch.full((len(original),), view)).numpy()


def mirrored(place, size):
    """The place inside ``0 … size - 1`` that a place beyond the edge shows, the edge not repeated."""
    while not 0 <= place < size:
        place = -place if place < 0 else 2 * (size - 1) - place
    return place


def by_hand(image, down, right, *, flip=False, fill="zeros"):
    """The image ``(C, H, W)``, pixel by pixel: moved, and then mirrored left to right."""
    changed = np.zeros_like(image)
    _channels, height, width = image.shape
    for y, x in itertools.product(range(height), range(width)):
        from_y, from_x = y - down, x - right
        if fill == "reflect":
            from_y, from_x = mirrored(from_y, height), mirrored(from_x, width)
        if 0 <= from_y < height and 0 <= from_x < width:
            changed[:, y, width - 1 - x if flip else x] = image[:, from_y, from_x]
    return changed


def places(jitter, *, flip):
    """Every view's shift and flip, in the order of the views' numbers."""
    shifts = range(-jitter, jitter + 1)
    return list(itertools.product(shifts, shifts, (False, True) if flip else (False,)))


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize(
    ("jitter", "fill"),
    [(0, "zeros"), (1, "zeros"), (2, "zeros"), (6, "zeros"), (0, "reflect"), (1, "reflect"), (3, "reflect")],
)
def test_every_view_is_the_shift_and_flip_by_hand(jitter, fill, flip):
    augmentation, original = Augmentation(jitter=jitter, fill=fill, flip=flip), images()
    views = places(jitter, flip=flip)
    assert augmentation.views == len(views)
    for view, (down, right, mirror) in enumerate(views):
        found = in_view(augmentation, original, view)
        expected = [by_hand(image, down, right, flip=mirror, fill=fill) for image in original.numpy()]
        assert found.dtype == np.uint8
        assert np.array_equal(found, expected), (down, right, mirror)


@pytest.mark.parametrize("fill", ["zeros", "reflect"])
def test_views_are_all_the_random_crops_and_flips_of_torchvision(fill):
    jitter, original = 2, images()
    augmentation = Augmentation(jitter=jitter, fill=fill, flip=True)
    wide = padded(original, [jitter], padding_mode="constant" if fill == "zeros" else "reflect")
    corners = itertools.product(range(2 * jitter + 1), repeat=2)
    crops = [crop(wide, top, left, HEIGHT, WIDTH) for top, left in corners]
    expected = {bytes(image.numpy()) for one in crops for image in (one, hflip(one))}
    assert {bytes(in_view(augmentation, original, view)) for view in range(augmentation.views)} == expected


def test_what_moves_in_mirrored_is_what_numpy_pads():
    original = images(1)
    wide = np.pad(original[0].numpy(), ((0, 0), (3, 3), (3, 3)), mode="reflect")
    found = in_view(Augmentation(jitter=3, fill="reflect"), original, 0)
    assert np.array_equal(found[0], wide[:, 6 : 6 + HEIGHT, 6 : 6 + WIDTH])


def test_each_image_of_a_batch_has_its_own_view():
    augmentation, original = Augmentation(jitter=1, flip=True, cutout=2), images(4)
    views = [0, 11, 16, augmentation.views - 1]
    found = augmentation.apply(original, torch.tensor(views)).numpy()
    for number, view in enumerate(views):
        assert np.array_equal(found[number], in_view(augmentation, original[number : number + 1], view)[0])


@pytest.mark.parametrize(
    ("augmentation", "views"),
    [
        (Augmentation(), 1),
        (Augmentation(flip=True), 2),
        (Augmentation(jitter=2), 25),
        (Augmentation(jitter=4, flip=True), 162),
        (Augmentation(jitter=4, flip=True, fill="reflect"), 162),
        (Augmentation(cutout=8), CUTOUT_PLACES**2),
        (Augmentation(jitter=1, flip=True, cutout=8), 9 * 2 * CUTOUT_PLACES**2),
    ],
)
def test_views_are_counted(augmentation, views):
    assert augmentation.views == views


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("fill", ["zeros", "reflect"])
@pytest.mark.parametrize("jitter", [0, 1, 3])
def test_the_plain_view_changes_nothing(jitter, fill, flip):
    augmentation, original = Augmentation(jitter=jitter, fill=fill, flip=flip), images()
    middle = (2 * jitter + 1) ** 2 // 2 * (2 if flip else 1)
    assert np.array_equal(in_view(augmentation, original, middle), original)


def blackened(image, row, column, side):
    """The image ``(C, H, W)`` with a black square around a place, pixel by pixel."""
    changed = image.copy()
    top, left = row - side // 2, column - side // 2
    for y, x in itertools.product(range(top, top + side), range(left, left + side)):
        if 0 <= y < image.shape[1] and 0 <= x < image.shape[2]:
            changed[:, y, x] = 0
    return changed


@pytest.mark.parametrize("side", [1, 2, 3, 99])
def test_cutout_blackens_exactly_the_square_around_each_place(side):
    augmentation, original = Augmentation(cutout=side), images(1)
    for hole in range(0, augmentation.views, 37):
        row, column = hole // CUTOUT_PLACES * HEIGHT // 64, hole % CUTOUT_PLACES * WIDTH // 64
        found = in_view(augmentation, original, hole)
        assert found.dtype == np.uint8
        assert np.array_equal(found[0], blackened(original[0].numpy(), row, column, side)), hole


def test_cutout_is_centred_on_every_pixel_about_equally_often():
    augmentation, original = Augmentation(cutout=1), images(1)
    found = augmentation.apply(original.expand(augmentation.views, -1, -1, -1), torch.arange(64**2))
    often = (found[:, 0] == 0).sum(0)
    assert int(often.sum()) == 64**2
    assert int(often.max() - often.min()) <= 64**2 / (HEIGHT * WIDTH) * 0.1


def test_with_cutout_no_view_is_plain():
    augmentation, original = Augmentation(cutout=1), images(1)
    found = augmentation.apply(original.expand(augmentation.views, -1, -1, -1), torch.arange(64**2))
    assert not (found == original).flatten(1).all(1).any()


def test_a_view_has_three_digits_flip_then_shift_then_hole():
    augmentation, original = Augmentation(jitter=1, flip=True, cutout=2), images(1)
    for flip, shift, hole in [(0, 4, 0), (1, 0, 4095), (1, 5, 64 * 33 + 20), (0, 8, 64 * 63)]:
        view = flip + 2 * (shift + 9 * hole)
        assert view < augmentation.views
        moved = by_hand(original[0].numpy(), shift // 3 - 1, shift % 3 - 1, flip=bool(flip))
        expected = blackened(moved, hole // 64 * HEIGHT // 64, hole % 64 * WIDTH // 64, 2)
        assert np.array_equal(in_view(augmentation, original, view)[0], expected)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
@pytest.mark.parametrize("fill", ["zeros", "reflect"])
def test_the_kind_of_number_stays(dtype, fill):
    original = images().to(dtype)
    for augmentation in (
        Augmentation(jitter=1, flip=True, fill=fill),
        Augmentation(cutout=2),
        Augmentation(),
    ):
        assert augmentation.apply(original, torch.zeros(3, dtype=torch.long)).dtype == dtype


def test_the_original_images_stay_as_they_are():
    original = images()
    before = original.clone()
    augmentation = Augmentation(jitter=1, flip=True, cutout=3)
    augmentation.apply(original, torch.arange(3))
    assert torch.equal(original, before)


@pytest.mark.parametrize("jitter", [4, 5])
def test_images_too_small_to_be_mirrored_that_far_are_an_error_with_a_remedy(jitter):
    with pytest.raises(KDStudioError, match=rf"5×4 cannot be mirrored {jitter} pixels .*smaller jitter"):
        in_view(Augmentation(jitter=jitter, fill="reflect"), images(), 0)


@pytest.mark.parametrize("jitter", [-1, 65, 1.5, "much"])
def test_a_jitter_out_of_range_is_refused(jitter):
    with pytest.raises(ValidationError):
        Augmentation(jitter=jitter)
