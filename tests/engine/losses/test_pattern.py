from functools import partial

import numpy as np
import pytest
import torch

from kdstudio.engine.losses import pattern
from tests.engine.losses.references import differences, noise, value_and_gradient

STUDENT, TEACHER = noise(0, 3, 4, 5, 5), noise(1, 3, 4, 5, 5)


def activation_boundary(student, teacher):
    """As the authors write it, case by case."""
    off = (student + 1) ** 2 * ((student > -1) & (teacher <= 0))
    on = (student - 1) ** 2 * ((student <= 1) & (teacher > 0))
    return (off + on).sum() / len(student)


def activation_pattern(student, teacher):
    answer = 1 / (1 + np.exp(-student))
    return -np.where(teacher > 0, np.log(answer), np.log(1 - answer)).mean()


def partial_squared_error(student, target):
    free = (student <= target) & (target <= 0)
    return ((student - target) ** 2)[~free].sum() / len(student)


REFERENCES = [
    (partial(pattern.activation_boundary, margin=1.0), activation_boundary),
    (pattern.activation_pattern, activation_pattern),
    (pattern.partial_squared_error, partial_squared_error),
]
every_loss = pytest.mark.parametrize(("loss", "reference"), REFERENCES, ids=lambda part: str(part)[:30])


@every_loss
@pytest.mark.parametrize(("student", "teacher"), [(STUDENT, TEACHER), (noise(2, 4, 6), noise(3, 4, 6))])
def test_value_and_gradient_equal_the_formula_by_hand(loss, reference, student, teacher):
    value, gradient = value_and_gradient(loss, student, teacher)
    assert value == pytest.approx(reference(student, teacher), rel=1e-10)
    np.testing.assert_allclose(gradient, differences(reference, student, teacher), atol=1e-7)


@every_loss
def test_extreme_values_are_finite_in_every_precision(loss, reference):
    own = torch.tensor(STUDENT * 1e4, dtype=torch.float32, requires_grad=True)
    other = torch.tensor(TEACHER * 1e4, dtype=torch.float32, requires_grad=True)
    loss(own, other).backward()
    with torch.autocast("cpu", torch.bfloat16):
        loss(own, other).backward()
    assert own.grad.isfinite().all()
    assert other.grad is None


@every_loss
def test_the_larger_map_is_pooled_to_the_smaller(loss, reference):
    large = noise(4, 3, 4, 10, 10)
    means = large.reshape(3, 4, 5, 2, 5, 2).mean((3, 5))
    value, _ = value_and_gradient(loss, large, TEACHER)
    assert value == pytest.approx(reference(means, TEACHER), rel=1e-10)


@every_loss
@pytest.mark.parametrize("shape", [(3, 5, 5, 5), (3, 4)])
def test_other_units_are_refused(loss, reference, shape):
    with pytest.raises(ValueError, match="as many units"):
        loss(torch.tensor(STUDENT), torch.ones(shape))


def test_beyond_the_margin_nothing_is_lost():
    student = torch.tensor([[1.5, -1.5, 1.0]], requires_grad=True)
    loss = pattern.activation_boundary(student, torch.tensor([[0.1, -3.0, 2.0]]), margin=1.0)
    loss.backward()
    assert loss == 0
    assert not student.grad.any()
