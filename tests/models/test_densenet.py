import pytest
import torch
from pydantic import ValidationError
from torch import nn

from kdstudio.models.declaration import ImageShape
from kdstudio.models.densenet import DenseNet

CIFAR = ImageShape(3, 32, 32)


def built(depth, growth=4):
    with torch.device("meta"):
        return DenseNet(depth=depth, growth=growth).build(CIFAR, 10)


@pytest.mark.parametrize(("depth", "layers"), [(10, 10), (40, 40), (90, 88), (80, 76)])
def test_depth_counts_the_layers_with_weights_rounded_down_to_6n_plus_4(depth, layers):
    assert len([m for m in built(depth).modules() if isinstance(m, nn.Conv2d | nn.Linear)]) == layers


def test_blocks_grow_and_transitions_halve():
    network = built(40)
    grown = 8 + 6 * 4
    assert network.block2.transition.compression.weight.shape[:2] == (grown // 2, grown)
    assert network.classifier.in_features == ((grown // 2 + 24) // 2) + 24


def test_too_small_images_are_refused():
    with pytest.raises(ValueError, match="at least 4×4"):
        DenseNet().build(ImageShape(1, 3, 8), 10)


@pytest.mark.parametrize("options", [{"depth": 9}, {"growth": 0}])
def test_what_does_not_exist_is_refused(options):
    with pytest.raises(ValidationError):
        DenseNet(**options)


def test_its_summary_shows_depth_and_growth():
    assert DenseNet().summary() == "densenet-100-12"
