"""Reading a network while it runs."""

import pytest
import torch
from torch import nn

from kdstudio.errors import KDStudioError
from kdstudio.models.modules.tapping import run_with_taps

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
