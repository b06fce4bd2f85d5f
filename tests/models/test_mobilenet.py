import pytest
import torch
from pydantic import ValidationError
from torch import nn

from kdstudio.models.declaration import ImageShape
from kdstudio.models.mobilenet import MobileNet

CIFAR = ImageShape(3, 32, 32)


def convolutions(width):
    with torch.device("meta"):
        network = MobileNet(width=width).build(CIFAR, 10)
    return [m for m in network.modules() if isinstance(m, nn.Conv2d)]


def test_it_has_the_papers_27_convolutions_and_their_channels():
    layers = convolutions(1)
    assert len(layers) == 27
    assert [layer.out_channels for layer in layers if layer.kernel_size == (1, 1)] == [
        *(64, 128, 128, 256, 256),
        *[512] * 6,
        *(1024, 1024),
    ]


def test_the_width_multiplies_all_channels():
    assert [2 * layer.out_channels for layer in convolutions(0.5)] == [
        layer.out_channels for layer in convolutions(1)
    ]


def test_a_width_out_of_range_is_refused():
    with pytest.raises(ValidationError):
        MobileNet(width=0.05)


def test_its_summary_shows_the_width():
    assert MobileNet(width=0.5).summary() == "mobilenet 0.5"
