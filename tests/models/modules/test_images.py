import pytest
import torch
from torch.nn import functional

from kdstudio.models.declaration import ImageShape
from kdstudio.models.modules.images import ImageInput

COLOUR = ImageShape(3, 6, 8, (0.5, 0.4, 0.3), (0.2, 0.1, 0.4))
PIXELS = torch.rand(2, 3, 6, 8, generator=torch.Generator().manual_seed(0))


def column(values):
    return torch.tensor(values).reshape(1, -1, 1, 1)


def normalised(pixels, shape):
    return (pixels - column(shape.mean)) / column(shape.std)


def test_the_normalisation_of_the_data_gives_way_to_the_networks_own():
    mean, std = (0.1, 0.2, 0.3), (0.9, 0.8, 0.7)
    prepared = ImageInput(COLOUR, 0, mean, std)(normalised(PIXELS, COLOUR))
    torch.testing.assert_close(prepared, (PIXELS - column(mean)) / column(std))


def test_images_that_were_not_normalised_are_only_given_the_networks_own():
    prepared = ImageInput(ImageShape(3, 6, 8), 0, (0.5,) * 3, (0.25,) * 3)(PIXELS)
    torch.testing.assert_close(prepared, (PIXELS - 0.5) / 0.25)


def test_without_a_normalisation_of_the_networks_own_images_stay_as_they_are():
    images = normalised(PIXELS, COLOUR)
    assert torch.equal(ImageInput(COLOUR)(images), images)


def test_grey_is_repeated_and_normalised_channel_by_channel():
    grey, shape = PIXELS[:, :1], ImageShape(1, 6, 8, (0.5,), (0.2,))
    prepared = ImageInput(shape, 0, (0.1, 0.2, 0.3), (1.0, 1.0, 1.0))(normalised(grey, shape))
    torch.testing.assert_close(prepared, grey - column((0.1, 0.2, 0.3)))
    assert ImageInput(shape)(grey).shape == (2, 3, 6, 8)


def test_images_become_squares_of_the_size():
    assert ImageInput(COLOUR, 5)(PIXELS).shape == (2, 3, 5, 5)
    assert ImageInput(COLOUR, 8)(PIXELS).shape == (2, 3, 8, 8)
    flat = ImageInput(ImageShape(1, 4, 4), 16)(torch.full((1, 1, 4, 4), 0.5))
    torch.testing.assert_close(flat, torch.full((1, 3, 16, 16), 0.5))


def test_halving_averages_more_than_two_pixels_as_antialiasing_does():
    spot = torch.zeros(1, 1, 8, 8)
    spot[..., 3, 3] = 1
    halved = ImageInput(ImageShape(1, 8, 8), 4)(spot)
    torch.testing.assert_close(halved[0, 0].sum(), torch.tensor(0.25), atol=0.01, rtol=0)
    assert (halved[0, 0] > 0).sum() > 1


def test_it_has_nothing_to_save():
    assert not ImageInput(COLOUR, 4, (0.1,) * 3, (0.2,) * 3).state_dict()


def test_other_numbers_of_channels_are_refused():
    with pytest.raises(ValueError, match="grey or colour images, not 4 channels"):
        ImageInput(ImageShape(4, 8, 8))


@pytest.mark.parametrize("size", [8, 12, 20])
def test_any_size_is_reached_as_by_antialiased_bilinear_scaling(size):
    images = torch.rand(2, 3, 10, 12, generator=torch.Generator().manual_seed(0))
    expected = functional.interpolate(images, (size, size), mode="bilinear", antialias=True)
    assert torch.allclose(ImageInput(ImageShape(3, 10, 12), size)(images), expected, atol=1e-6)
