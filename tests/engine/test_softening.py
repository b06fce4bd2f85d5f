"""Against formulas written out in numpy, and known limits."""

import numpy as np
import pytest
import torch
from scipy import stats

from kdstudio.engine.losses.response import soft_cross_entropy, soft_kl
from kdstudio.engine.softening import (
    divergence,
    entropy,
    gradient,
    high_temperature_gradient,
    mean_soft_targets,
    softened,
)

TEMPERATURES = (0.5, 1.0, 4.0, 20.0)


@pytest.fixture
def logits():
    """Student's and teacher's, ``(6, 5)`` each, in float64."""
    generator = torch.Generator().manual_seed(0)
    student, teacher = (3 * torch.randn(6, 5, generator=generator, dtype=torch.float64) for _ in range(2))
    return student, teacher


def probabilities(logits, temperature):
    powers = np.exp(logits.numpy() / temperature)
    return powers / powers.sum(1, keepdims=True)


def test_the_worked_example():
    logits = torch.tensor([[5.0, 1.0]])
    assert softened(logits, 1)[0].tolist() == pytest.approx([0.982, 0.018], abs=5e-4)
    assert softened(logits, 10)[0].tolist() == pytest.approx([0.599, 0.401], abs=5e-4)


@pytest.mark.parametrize("t", TEMPERATURES)
def test_softened_answers_and_their_entropy(logits, t):
    student, _ = logits
    expected = probabilities(student, t)
    np.testing.assert_allclose(softened(student, t).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(entropy(student, t).numpy(), -(expected * np.log(expected)).sum(1), rtol=1e-9)


def test_entropy_rises_from_none_to_that_of_a_fair_die_even_at_large_gaps():
    logits = torch.tensor([[1e4, 0.0, -1e4]])
    assert entropy(logits, 1).item() == 0
    assert entropy(logits, 1e8).item() == pytest.approx(np.log(3), abs=1e-6)


@pytest.mark.parametrize("t", TEMPERATURES)
@pytest.mark.parametrize("divergence", [soft_kl, soft_cross_entropy])
def test_gradients_of_kl_and_ce_are_the_difference_of_the_softened_answers(logits, divergence, t):
    student, teacher = logits
    without_factor = gradient(divergence, student, teacher, t).numpy() / t**2
    expected = (probabilities(student, t) - probabilities(teacher, t)) / t
    np.testing.assert_allclose(without_factor, expected, rtol=1e-9, atol=1e-12)


def test_gradients_agree_with_finite_differences_of_one_sample(logits):
    student, teacher = (value[:1] for value in logits)
    found = gradient(soft_kl, student, teacher, 3.0)[0]
    step = 1e-6
    for place in range(5):
        moved = torch.zeros_like(student)
        moved[0, place] = step
        slope = (soft_kl(student + moved, teacher, 3.0) - soft_kl(student - moved, teacher, 3.0)) / (2 * step)
        assert found[place].item() == pytest.approx(slope.item(), abs=1e-7)


def test_at_high_temperatures_the_gradient_comes_to_the_difference_of_the_logits(logits):
    student, teacher = logits
    t = 1e4
    limit = high_temperature_gradient(student, teacher, t)
    own, other = (value.numpy() - value.numpy().mean(1, keepdims=True) for value in logits)
    np.testing.assert_allclose(limit.numpy(), (own - other) / (5 * t**2), rtol=1e-12)
    found = gradient(soft_kl, student, teacher, t) / t**2
    torch.testing.assert_close(found, limit, rtol=1e-2, atol=1e-12)


def test_mean_soft_targets_are_means_over_the_samples_of_a_class(logits):
    _, teacher = logits
    labels = torch.tensor([0, 1, 1, 4, 0, 1])
    found = mean_soft_targets(teacher, labels, 2.0).numpy()
    expected = probabilities(teacher, 2.0)
    np.testing.assert_allclose(found[0], expected[[0, 4]].mean(0), rtol=1e-12)
    np.testing.assert_allclose(found[1], expected[[1, 2, 5]].mean(0), rtol=1e-12)
    np.testing.assert_allclose(found[4], expected[3], rtol=1e-12)
    assert np.isnan(found[[2, 3]]).all()


@pytest.mark.parametrize("t", TEMPERATURES)
def test_the_divergence_of_each_sample_is_scipys_relative_entropy(logits, t):
    student, teacher = logits
    expected = stats.entropy(probabilities(teacher, t), probabilities(student, t), axis=1)
    np.testing.assert_allclose(divergence(student, teacher, t).numpy(), expected, rtol=1e-9, atol=1e-12)
    assert float(divergence(teacher, teacher, t).abs().max()) == 0
