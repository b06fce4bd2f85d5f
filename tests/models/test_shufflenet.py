import pytest
import torch
from pydantic import ValidationError

from kdstudio.models.declaration import ImageShape
from kdstudio.models.modules.foreign import run
from kdstudio.models.shufflenet import CHANNELS, ShuffleNetV1

CIFAR = ImageShape(3, 32, 32)


@pytest.mark.parametrize("groups", list(CHANNELS))
def test_stages_have_4_8_and_4_units_and_double_their_channels(groups):
    with torch.device("meta"):
        network = ShuffleNetV1(groups=groups).build(CIFAR, 10)
        shapes = dict(run(network, CIFAR))
    assert [len(network.get_submodule(f"block{i}")) for i in (1, 2, 3)] == [4, 8, 4]
    first = CHANNELS[groups]
    assert [shapes[f"block{i}"][1] for i in (1, 2, 3)] == [first, 2 * first, 4 * first]


def test_the_first_unit_reduces_without_groups():
    with torch.device("meta"):
        network = ShuffleNetV1().build(CIFAR, 10)
    groups = [
        network.get_submodule(path).groups
        for path in ("block1.0.concatenation.left.reduce.conv", "block1.1.add.body.reduce.conv")
    ]
    assert groups == [1, 3]


def test_other_numbers_of_groups_are_refused():
    with pytest.raises(ValidationError):
        ShuffleNetV1(groups=4)


def test_its_summary_shows_the_groups():
    assert ShuffleNetV1().summary() == "shufflenet-v1 g3"
