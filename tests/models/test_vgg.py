import pytest
import torch
from pydantic import ValidationError
from torch import nn

from kdstudio.models.declaration import ImageShape
from kdstudio.models.modules.foreign import run
from kdstudio.models.vgg import VGG


def sizes(image):
    with torch.device("meta"):
        shapes = dict(run(VGG().build(image, 10), image))
    return [shapes[f"block{i}"][2:] for i in range(1, 6)]


@pytest.mark.parametrize(("depth", "convolutions"), [(8, 5), (11, 8), (13, 10), (16, 13), (19, 16)])
def test_it_has_the_convolutions_of_its_name_and_one_linear_layer(depth, convolutions):
    with torch.device("meta"):
        network = VGG(depth=depth).build(ImageShape(3, 32, 32), 10)
    assert len([m for m in network.modules() if isinstance(m, nn.Conv2d)]) == convolutions
    assert len([m for m in network.modules() if isinstance(m, nn.Linear)]) == 1


def test_small_images_are_halved_three_times_and_larger_ones_four_times():
    assert sizes(ImageShape(3, 32, 32)) == [(32, 32), (16, 16), (8, 8), (4, 4), (4, 4)]
    assert sizes(ImageShape(3, 64, 96)) == [(64, 96), (32, 48), (16, 24), (8, 12), (4, 6)]
    assert sizes(ImageShape(1, 28, 28)) == [(28, 28), (14, 14), (7, 7), (3, 3), (3, 3)]


def test_too_small_images_are_refused():
    with pytest.raises(ValueError, match="at least 8×8"):
        VGG().build(ImageShape(1, 7, 20), 10)


def test_other_depths_are_refused():
    with pytest.raises(ValidationError, match="8, 11, 13, 16 or 19"):
        VGG(depth=9)


def test_its_summary_shows_the_depth():
    assert VGG(depth=13).summary() == "vgg-13"
