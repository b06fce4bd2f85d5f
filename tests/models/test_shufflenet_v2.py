import pytest
import torch
from pydantic import ValidationError

from kdstudio.models.declaration import ImageShape
from kdstudio.models.shufflenet_v2 import CHANNELS, ShuffleNetV2

CIFAR = ImageShape(3, 32, 32)


@pytest.mark.parametrize("width", list(CHANNELS))
def test_stages_have_4_8_and_4_units(width):
    with torch.device("meta"):
        network = ShuffleNetV2(width=width).build(CIFAR, 10)
    assert [len(network.get_submodule(f"block{i}")) for i in (1, 2, 3)] == [4, 8, 4]
    assert network.classifier.in_features == CHANNELS[width][-1]


@pytest.mark.parametrize("width", list(CHANNELS))
def test_but_for_the_first_layer_it_has_the_weights_of_torchvisions(width):
    from torchvision.models import get_model

    with torch.device("meta"):
        theirs = get_model(f"shufflenet_v2_x{width.replace('.', '_')}")
        ours = ShuffleNetV2(width=width).build(CIFAR, 1000)
    difference = sum(p.numel() for p in theirs.parameters()) - sum(p.numel() for p in ours.parameters())
    assert difference == 24 * 3 * (3 * 3 - 1)


def test_other_widths_are_refused():
    with pytest.raises(ValidationError):
        ShuffleNetV2(width="1")


def test_its_summary_shows_the_width():
    assert ShuffleNetV2(width="0.5").summary() == "shufflenet-v2 0.5"
