import numpy as np
import pytest
import torch
from pydantic import ValidationError

from kdstudio.data.augmentation import Augmentation


def images(count=3, channels=2, height=5, width=4):
    generator = torch.Generator().manual_seed(0)
    shape = (count, channels, height, width)
    return torch.randint(1, 256, shape, dtype=torch.uint8, generator=generator)


def shifted(image, down, right):
    """The image ``(C, H, W)`` moved pixel by pixel; zeros move in."""
    moved = np.zeros_like(image)
    _channels, height, width = image.shape
    for y in range(height):
        for x in range(width):
            if 0 <= y + down < height and 0 <= x + right < width:
                moved[:, y + down, x + right] = image[:, y, x]
    return moved


@pytest.mark.parametrize("jitter", [0, 1, 2, 6])
def test_every_view_is_the_shift_by_hand(jitter):
    augmentation, original = Augmentation(jitter=jitter), images()
    seen = set()
    for number, down in enumerate(range(-jitter, jitter + 1)):
        for other, right in enumerate(range(-jitter, jitter + 1)):
            view = number * (2 * jitter + 1) + other
            seen.add(view)
            found = augmentation.apply(original, torch.full((3,), view))
            expected = [shifted(image, down, right) for image in original.numpy()]
            assert np.array_equal(found.numpy(), expected), (down, right)
            assert found.dtype == torch.uint8
    assert seen == set(range(augmentation.views))


def test_each_image_of_a_batch_has_its_own_view():
    augmentation, original = Augmentation(jitter=1), images()
    found = augmentation.apply(original, torch.tensor([0, 5, 7])).numpy()
    for number, (down, right) in enumerate([(-1, -1), (0, 1), (1, 0)]):
        assert np.array_equal(found[number], shifted(original[number].numpy(), down, right))


@pytest.mark.parametrize("jitter", [0, 1, 3])
def test_the_plain_view_changes_nothing(jitter):
    augmentation, original = Augmentation(jitter=jitter), images()
    assert torch.equal(augmentation.apply(original, torch.full((3,), augmentation.plain)), original)


@pytest.mark.parametrize("jitter", [-1, 65, 1.5, "much"])
def test_a_jitter_out_of_range_is_refused(jitter):
    with pytest.raises(ValidationError):
        Augmentation(jitter=jitter)
