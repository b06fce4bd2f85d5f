"""Quantities of logits, against numbers worked out by hand and gradients of torch."""

from math import log

import pytest
import torch
from torch.nn import functional

from kdstudio.engine.quantities.answered import Agreement, Entropy, SoftGradientShare
from tests.engine.quantities.evidence import Given


def test_the_entropy_of_two_sure_answers_rises_to_log_2():
    """softmax((log 3, 0)) is (3/4, 1/4); at a high temperature both are alike."""
    found = Given(logits={"student": torch.tensor([[log(3), 0.0], [0.0, log(3)]])})
    by_hand = -(0.75 * log(0.75) + 0.25 * log(0.25))
    assert Entropy().value("student", found) == pytest.approx(by_hand)
    assert Entropy(temperature=1000).value("student", found) == pytest.approx(log(2), abs=1e-6)
    assert Entropy(temperature=8).setting() == "at T = 8"


def test_agreement_counts_equal_answers():
    logits = {
        "student": torch.tensor([[2.0, 1.0], [2.0, 1.0]]),
        "teacher": torch.tensor([[5.0, 1.0], [0.0, 1.0]]),
    }
    assert Agreement().value("student", Given(logits=logits)) == 0.5


@pytest.mark.parametrize(("squared", "factor"), [(True, 9.0), (False, 1.0)])
def test_the_soft_share_is_that_of_the_losses_own_gradients(squared, factor):
    generator = torch.Generator().manual_seed(0)
    own, other = (torch.randn(2, 3, generator=generator, dtype=torch.double) for _ in range(2))
    found = Given(logits={"student": own, "teacher": other})
    z = own.clone().requires_grad_()
    kl = functional.kl_div((z / 3).log_softmax(1), (other / 3).softmax(1), reduction="sum")
    (soft,) = torch.autograd.grad(factor * kl, z)
    (hard,) = torch.autograd.grad(functional.cross_entropy(z, found.labels, reduction="sum"), z)
    a, b = 0.8 * soft.norm(dim=1).mean(), 0.2 * hard.norm(dim=1).mean()
    share = SoftGradientShare(temperature=3, squared=squared, alpha=0.2).value("student", found)
    assert share == pytest.approx(float(a / (a + b)))
