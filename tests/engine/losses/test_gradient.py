import numpy as np
import pytest
import torch

from kdstudio.engine.losses.gradient import jacobian
from tests.engine.losses.references import differences, noise, value_and_gradient

STUDENT, TEACHER = noise(0, 3, 2, 4, 4), noise(1, 3, 2, 4, 4)


def by_hand(student, teacher):
    """By the angle between the two: ‖a - b‖² = 2 - 2·cos for unit vectors."""
    pairs = [(s.ravel(), t.ravel()) for s, t in zip(student, teacher, strict=True)]
    cosines = [s @ t / np.sqrt((s @ s) * (t @ t)) for s, t in pairs]
    return 2 - 2 * np.mean(cosines)


def test_value_and_gradient_equal_the_formula_by_hand():
    value, gradient = value_and_gradient(jacobian, STUDENT, TEACHER)
    assert value == pytest.approx(by_hand(STUDENT, TEACHER), rel=1e-10)
    np.testing.assert_allclose(gradient, differences(by_hand, STUDENT, TEACHER), atol=1e-7)


@pytest.mark.parametrize("scale", [1e4, 1e-4, 0.0])
def test_any_size_of_gradients_is_finite(scale):
    own = torch.tensor(STUDENT * scale, dtype=torch.float32, requires_grad=True)
    other = torch.tensor(TEACHER * scale, dtype=torch.float32, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        jacobian(own, other).backward()
    assert own.grad.isfinite().all()
    assert other.grad is None


def test_gradients_to_other_images_are_refused():
    with pytest.raises(ValueError, match="the same images"):
        jacobian(torch.ones(2, 1, 4, 4), torch.ones(2, 3, 4, 4))
