import pytest
import torch
from pydantic import ValidationError
from torch import nn

from kdstudio.models.declaration import ImageShape
from kdstudio.models.wide_resnet import WideResNet

CIFAR = ImageShape(3, 32, 32)


@pytest.mark.parametrize("depth", [10, 16, 28])
def test_depth_counts_the_layers_with_weights_and_the_shortcuts(depth):
    network = WideResNet(depth=depth, width=2).build(CIFAR, 10)
    convolutions = [m for m in network.modules() if isinstance(m, nn.Conv2d) and m.kernel_size == (3, 3)]
    assert len(convolutions) + 3 == depth


def test_taps_are_not_yet_normalised_and_pool_is():
    network = WideResNet(depth=10, width=1).build(CIFAR, 10).eval()
    images = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    before = network[:4](images)
    assert (before < 0).any()
    torch.testing.assert_close(network.pool(before), network.pool.last(before).mean((2, 3)))
    assert (network.pool(before) >= 0).all()


def test_dropout_is_in_every_block_when_wanted():
    def count(dropout):
        modules = WideResNet(dropout=dropout).build(CIFAR, 10).modules()
        return len([m for m in modules if isinstance(m, nn.Dropout) and m.p == dropout])

    assert count(0.3) == 6
    assert count(0.0) == 0


@pytest.mark.parametrize("options", [{"depth": 20}, {"width": 0}, {"dropout": 1.0}])
def test_what_does_not_exist_is_refused(options):
    with pytest.raises(ValidationError):
        WideResNet(**options)


def test_its_summary_is_its_name_in_the_papers():
    assert WideResNet(depth=40, width=1).summary() == "wide-resnet-40-1"
