import torch
from torch import nn

from kdstudio.models.declaration import ImageShape
from kdstudio.models.mobilenet_v2 import MobileNetV2
from kdstudio.models.modules.residual import Residual

CIFAR = ImageShape(3, 32, 32)


def built(width):
    with torch.device("meta"):
        return MobileNetV2(width=width).build(CIFAR, 10)


def test_it_has_the_papers_17_blocks_of_which_ten_are_residual():
    blocks = [block for number in range(1, 5) for block in built(1.0).get_submodule(f"block{number}")]
    assert len(blocks) == 17
    assert len([block for block in blocks if isinstance(block, Residual)]) == 10


def test_the_last_convolution_is_wider_only_above_width_1():
    assert [built(width).classifier.in_features for width in (0.5, 1.0, 1.5)] == [1280, 1280, 1920]


def test_channels_are_rounded_down():
    widths = [m.out_channels for m in built(0.7).block1.modules() if isinstance(m, nn.Conv2d)]
    assert widths == [22, 22, 11, 66, 66, 16, 96, 96, 16]


def test_taps_may_be_negative():
    network = MobileNetV2().build(CIFAR, 10).eval()
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert (network[:2](images) < 0).any()


def test_its_summary_shows_the_width():
    assert MobileNetV2(width=1).summary() == "mobilenet-v2 1"
