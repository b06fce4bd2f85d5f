import pytest
import torch
from pydantic import ValidationError
from torch import nn

from kdstudio.models.declaration import ImageShape
from kdstudio.models.resnet import ResNet

CIFAR = ImageShape(3, 32, 32)


def layers_with_weights(network):
    return [m for m in network.modules() if isinstance(m, nn.Conv2d | nn.Linear)]


@pytest.mark.parametrize("depth", [8, 20, 56])
def test_depth_counts_the_layers_with_weights(depth):
    assert len(layers_with_weights(ResNet(depth=depth).build(CIFAR, 10))) == depth


def test_projections_add_the_weights_of_two_1x1_convolutions_with_batch_norm():
    def count(shortcut):
        return sum(p.numel() for p in ResNet(shortcut=shortcut).build(CIFAR, 10).parameters())

    assert count("projection") - count("identity") == (16 * 32 + 2 * 32) + (32 * 64 + 2 * 64)


@pytest.mark.parametrize(("width", "stem"), [(1, 16), (2, 16), (4, 32)])
def test_the_first_layer_is_wider_from_width_4_on(width, stem):
    assert ResNet(depth=8, width=width).build(CIFAR, 10).stem.conv.out_channels == stem


def test_taps_are_after_relu_and_the_sum_before_it_has_a_path():
    network = ResNet(depth=14).build(CIFAR, 10).eval()
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    seen = []
    network.get_submodule("block2.1.add").register_forward_hook(lambda _m, _i, output: seen.append(output))
    after = network[:3](images)
    assert (seen[0] < 0).any()
    assert torch.equal(after, seen[0].clamp(min=0))


@pytest.mark.parametrize("options", [{"depth": 21}, {"width": 0}, {"shortcut": "none"}])
def test_what_does_not_exist_is_refused(options):
    with pytest.raises(ValidationError):
        ResNet(**options)


def test_depths_that_exist_are_named():
    with pytest.raises(ValidationError, match="8, 14, 20, 32, 44, 56 or 110"):
        ResNet(depth=21)


def test_its_summary_is_its_name_in_the_papers():
    assert ResNet(depth=56).summary() == "resnet-56"
    assert ResNet(depth=8, width=4).summary() == "resnet-8x4"
