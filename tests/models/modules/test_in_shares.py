"""A network on the rows of one of two processes, held against torch's own functions; nothing is sent."""

import pytest
import torch
from torch.nn import functional

from kdstudio.models.modules.in_shares import InShares
from kdstudio.processes import Processes, Share

WHOLE = torch.randn(5, 3, 2, 2, generator=torch.Generator().manual_seed(0)) * 3 + 1
FIRST = WHOLE[:3]


class First(Processes):
    """The first of two, which knows what the other would tell it: the sums over all rows."""

    def total(self, value):
        assert value.shape == (2, 3)
        return torch.stack([WHOLE.double().sum((0, 2, 3)), (WHOLE.double() ** 2).sum((0, 2, 3))])


def first_of_two(*, synchronised):
    return Share(First(rank=0, count=2, synchronised=synchronised), len(WHOLE))


def normalised(images, share=None):
    """Return what batch norm gives in training, and its running mean and variance after that."""
    mean, variance = torch.zeros(3), torch.ones(3)
    weight, bias = torch.tensor([1.0, 2.0, 0.5]), torch.tensor([0.0, 1.0, -1.0])
    options = {"weight": weight, "bias": bias, "training": True, "momentum": 0.2}
    if share is None:
        return functional.batch_norm(images, mean, variance, **options), mean, variance
    with InShares(share):
        return functional.batch_norm(images, mean, variance, **options), mean, variance


def test_synchronised_batch_norm_is_that_of_all_rows():
    found, *running = normalised(FIRST, first_of_two(synchronised=True))
    expected, *expected_running = normalised(WHOLE)
    torch.testing.assert_close(found, expected[:3])
    torch.testing.assert_close(running, expected_running)


def test_a_process_own_batch_norm_is_that_of_its_rows_alone():
    found, *running = normalised(FIRST, first_of_two(synchronised=False))
    expected, *expected_running = normalised(FIRST)
    assert torch.equal(found, expected)
    torch.testing.assert_close(running, expected_running)
    assert not torch.allclose(found, normalised(WHOLE)[0][:3], atol=1e-3)


@pytest.mark.parametrize("drop", [functional.dropout, functional.dropout2d, functional.alpha_dropout])
def test_what_is_dropped_is_drawn_for_all_rows(drop):
    torch.manual_seed(1)
    expected = drop(WHOLE, 0.5, training=True)
    torch.manual_seed(1)
    with InShares(first_of_two(synchronised=True)):
        found = drop(FIRST, 0.5, training=True)
    assert torch.equal(found, expected[:3])
