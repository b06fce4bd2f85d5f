import numpy as np
import pytest
import torch

from kdstudio.data.statistics import channel_statistics


@pytest.mark.parametrize("channels", [1, 3])
def test_mean_and_deviation_are_numpys_channel_by_channel(channels):
    generator = torch.Generator().manual_seed(0)
    highest = torch.tensor([256, 90, 13])[:channels].view(1, -1, 1, 1)
    images = (torch.rand(40, channels, 7, 5, generator=generator) * highest).to(torch.uint8)
    mean, std = channel_statistics(images)
    pixels = images.numpy().astype(np.float64) / 255
    assert mean == pytest.approx(pixels.mean((0, 2, 3)), rel=1e-12)
    assert std == pytest.approx(pixels.std((0, 2, 3)), rel=1e-12)
    assert all(isinstance(value, float) for value in mean + std)


def test_images_that_are_not_contiguous_count_the_same():
    images = torch.randint(256, (9, 6, 4, 3), dtype=torch.uint8, generator=torch.Generator().manual_seed(1))
    turned = images.permute(0, 3, 1, 2)
    assert channel_statistics(turned) == channel_statistics(turned.contiguous())


def test_images_of_one_colour_can_still_be_divided_by_their_deviation():
    mean, std = channel_statistics(torch.full((3, 1, 2, 2), 51, dtype=torch.uint8))
    assert mean == pytest.approx((0.2,))
    assert std == (1 / 255,)


def test_black_and_white_are_zero_and_one():
    images = torch.tensor([0, 255], dtype=torch.uint8).view(2, 1, 1, 1)
    assert channel_statistics(images) == ((0.5,), (0.5,))
