"""Reading a network while it runs."""

import pytest
import torch
from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.models.modules.maxout import Maxout
from kdstudio.models.modules.tapping import activation, preactivation, run_with_taps

IMAGES = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))


class Pair(nn.Module):
    """Gives two tensors."""

    def forward(self, values):
        return values, values + 1


class First(nn.Module):
    """Takes the first of two."""

    def forward(self, values):
        return values[0]


def hooks_of(module):
    return sum(len(part._forward_hooks) for part in module.modules())


def test_what_submodules_give_comes_by_name_beside_the_output():
    module = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2))
    output, taps = run_with_taps(module, IMAGES, {"before": "0", "after": "1", "again": "1"}, "student")
    hidden = module[0](IMAGES)
    assert torch.equal(output, module(IMAGES))
    assert torch.equal(taps["before"], hidden)
    assert torch.equal(taps["after"], hidden.relu())
    assert taps["after"] is taps["again"]


def test_what_is_read_and_given_is_contiguous_also_with_channels_last():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).to(memory_format=torch.channels_last)
    images = torch.randn(2, 3, 6, 5, generator=torch.Generator().manual_seed(0))
    assert not module(images).is_contiguous()
    output, taps = run_with_taps(module, images, {"before": "0", "fed": "1@input"}, "student")
    assert all(value.is_contiguous() for value in (output, *taps.values()))
    assert torch.equal(taps["before"].view(2, -1).relu(), output.view(2, -1))


def test_gradient_flows_through_what_is_read():
    module = nn.Sequential(nn.Linear(4, 5), nn.Linear(5, 2))
    run_with_taps(module, IMAGES, {"first": "0"}, "student")[1]["first"].sum().backward()
    assert module[0].weight.grad is not None
    assert module[1].weight.grad is None


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_left_on_the_network(fails):
    module = nn.Sequential(nn.Linear(4, 5), nn.Linear(6 if fails else 5, 2))
    if fails:
        with pytest.raises(RuntimeError):
            run_with_taps(module, IMAGES, {"first": "0"}, "student")
    else:
        run_with_taps(module, IMAGES, {"first": "0"}, "student")
    assert hooks_of(module) == 0


def test_a_layer_that_gives_no_tensor_is_named_and_leaves_nothing_behind():
    module = nn.Sequential(Pair(), First())
    with pytest.raises(KDStudioError, match=r"'student.block1' gives a tuple; read a layer that gives a te"):
        run_with_taps(module, IMAGES, {"block1": "0"}, "student")
    assert hooks_of(module) == 0
    assert torch.equal(run_with_taps(module, IMAGES, {"block1": "1"}, "student")[1]["block1"], IMAGES)


class Twice(nn.Module):
    """One ReLU runs twice, the second time on a sum that no module gives: as in torchvision's ResNet."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.relu = nn.ReLU()

    def forward(self, values):
        return self.relu(self.relu(self.linear(values)) - values)


def test_what_a_module_is_fed_with_is_that_of_its_last_run():
    module = nn.Sequential(Twice(), nn.Linear(4, 2))
    taps = {"before": "0.relu@input", "after": "0.relu"}
    _output, values = run_with_taps(module, IMAGES, taps, "student")
    torch.testing.assert_close(values["before"], module[0].linear(IMAGES).relu() - IMAGES)
    assert torch.equal(values["before"].relu(), values["after"])


BEFORE = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 4), nn.BatchNorm1d(4))
"""The second batch norm has no ReLU behind it."""


@pytest.mark.parametrize(
    ("module", "path", "found"),
    [
        (BEFORE, "0", "1"),
        (BEFORE, "1", "1"),
        (BEFORE, "2", "1"),
        (BEFORE, "3", "3"),
        (BEFORE, "4", "4"),
        (nn.Sequential(Twice(), nn.Linear(4, 2)), "0", "0.relu@input"),
        (nn.Sequential(nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Dropout()), nn.Linear(4, 2)), "0", "0.0"),
        (nn.Sequential(nn.Linear(4, 4), nn.Tanh()), "1", "1"),
        (nn.Sequential(nn.Linear(4, 4), nn.ReLU()), "1.not.there", "1.not.there"),
        (nn.Sequential(nn.Linear(4, 4), nn.ReLU()), "1@input", "1@input"),
    ],
)
def test_what_a_relu_is_fed_with_is_found_by_following_an_image(module, path, found):
    assert preactivation(module.eval(), IMAGES, path) == found
    assert hooks_of(module) == 0


class Adding(nn.Module):
    """Adds to its layer's output in place, as torchvision's ResNet does."""

    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(4)
        self.relu = nn.ReLU()

    def forward(self, values):
        sum_of_both = self.norm(values)
        sum_of_both += values
        return self.relu(sum_of_both)


def test_what_was_added_in_place_is_not_taken_for_what_the_layer_gave():
    module = nn.Sequential(Adding(), nn.Linear(4, 2)).eval()
    assert preactivation(module, IMAGES, "0") == "0.relu@input"
    _output, values = run_with_taps(module, IMAGES, {"before": "0.relu@input"}, "student")
    torch.testing.assert_close(values["before"], module[0].norm(IMAGES) + IMAGES)


def test_the_activation_behind_a_path_is_found_through_pooling():
    maps = torch.randn(2, 3, 4, 4)
    module = nn.Sequential(nn.Conv2d(3, 4, 1), Maxout(2), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8, 2))
    found = [activation(module, maps, path) for path in "01234"]
    assert found == [None, module[1], module[1], module[1], None]
