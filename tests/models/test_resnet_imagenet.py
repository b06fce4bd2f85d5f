import pytest
import torch
from pydantic import ValidationError
from torch import nn

from kdstudio.models.declaration import ImageShape
from kdstudio.models.resnet_imagenet import ResNetImageNet

CIFAR = ImageShape(3, 32, 32)


@pytest.mark.parametrize("depth", [18, 34, 50, 101])
def test_depth_counts_the_layers_with_weights_without_the_shortcuts(depth):
    with torch.device("meta"):
        network = ResNetImageNet(depth=depth).build(CIFAR, 10)
    layers = [
        path
        for path, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.Linear) and "shortcut" not in path
    ]
    assert len(layers) == depth


def test_it_has_the_weights_of_torchvisions_but_for_the_first_layer():
    from torchvision.models import resnet50

    with torch.device("meta"):
        ours, theirs = ResNetImageNet(depth=50).build(CIFAR, 1000), resnet50()
    difference = sum(p.numel() for p in theirs.parameters()) - sum(p.numel() for p in ours.parameters())
    assert difference == 64 * 3 * (7 * 7 - 3 * 3)


def test_other_depths_are_refused():
    with pytest.raises(ValidationError, match="18, 34, 50 or 101"):
        ResNetImageNet(depth=20)


def test_its_summary_shows_the_depth():
    assert ResNetImageNet(depth=34).summary() == "resnet-imagenet-34"
