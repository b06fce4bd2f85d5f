"""What is the same has one digest; what cannot be told has none like it."""

from functools import partial

import torch
from torch import nn

from kdstudio.engine.content import digest
from kdstudio.engine.losses import response
from kdstudio.engine.terms import soft_loss
from kdstudio.engine.training import TrainingSpec
from kdstudio.engine.weighting import Linear


def test_equal_values_have_one_digest():
    assert digest(1, "a", [2.5, None], {"b": True, "a": 1}) == digest(
        1, "a", (2.5, None), {"a": 1, "b": True}
    )
    assert len({digest(value) for value in (1, 2, 1.5, "1", None, [1], {"a": 1}, {"b": 1})}) == 8
    assert digest(1, 2) != digest([1, 2])


def test_declarations_are_known_by_their_class_and_every_field():
    assert digest(TrainingSpec()) == digest(TrainingSpec())
    assert digest(TrainingSpec()) != digest(TrainingSpec(epochs=7))
    assert digest(Linear(final=1)) != digest(Linear(final=2))


def make(factor):
    def inner(value, exponent=2):
        return factor * value**exponent

    return inner


def test_functions_are_known_by_their_code_and_what_they_have_bound():
    assert digest(make(2)) == digest(make(2))
    assert digest(make(2)) != digest(make(3))
    assert digest(lambda x: 2 * x) == digest(lambda x: 2 * x) != digest(lambda x: 3 * x)
    assert digest(lambda x: x in {"a", "b"}) != digest(lambda x: x in {"a", "c"})
    assert digest(response.cross_entropy) == digest(response.cross_entropy)
    assert digest(response.cross_entropy) != digest(response.soft_kl)
    one, same, other = (partial(response.soft_kl, temperature=t) for t in (4, 4, 5))
    assert digest(one) == digest(same) != digest(other)


def test_a_loss_of_ours_is_known_by_its_numbers():
    one, same, other = (soft_loss("student", ["teacher.logits"], t).loss for t in (4.0, 4.0, 8.0))
    assert digest(one) == digest(same) != digest(other)
    weights = [Linear(final=final).over(1.0, 3) for final in (0.0, 0.0, 0.5)]
    assert digest(weights[0]) == digest(weights[1]) != digest(weights[2])


def test_layers_without_weights_are_known_by_what_they_hold():
    assert digest(nn.ReLU()) == digest(nn.ReLU()) != digest(nn.ReLU6())
    assert digest(nn.LeakyReLU(0.1)) != digest(nn.LeakyReLU(0.2))
    assert digest(nn.Sequential(nn.LeakyReLU(0.1))) != digest(nn.Sequential(nn.LeakyReLU(0.2)))
    assert digest(nn.PReLU()) != digest(nn.PReLU())


def test_what_nobody_can_tell_is_like_nothing_not_even_itself():
    tensor = torch.zeros(1)
    for value in (tensor, object(), make(tensor), [tensor], partial(make, tensor)):
        assert digest(value) != digest(value)


def test_a_function_that_holds_itself_does_no_harm():
    def endless(n):
        return endless(n)

    assert digest(endless) != digest(endless)
