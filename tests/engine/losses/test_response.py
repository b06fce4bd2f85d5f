import math

import numpy as np
import pytest
import torch

from kdstudio.engine.losses.response import cross_entropy, soft_cross_entropy, soft_kl

SOFT = [soft_kl, soft_cross_entropy]


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def logits(seed, rows=7, columns=5, scale=3.0):
    return np.random.default_rng(seed).normal(0, scale, (rows, columns))


def value_and_gradient(loss, student, target, *arguments):
    leaf = torch.tensor(student, requires_grad=True)
    value = loss(leaf, torch.as_tensor(target), *arguments)
    value.backward()
    return value.item(), leaf.grad.numpy()


def test_cross_entropy_is_the_mean_negative_log_probability_of_the_label():
    z, labels = logits(0), np.array([0, 1, 2, 3, 4, 0, 1])
    value, gradient = value_and_gradient(cross_entropy, z, labels)
    p = softmax(z)
    assert value == pytest.approx(-np.log(p[range(7), labels]).mean(), abs=1e-6)
    assert gradient == pytest.approx((p - np.eye(5)[labels]) / 7, abs=1e-6)


@pytest.mark.parametrize(("temperature", "p"), [(1.0, 0.9820137900379085), (10.0, 0.598687660112452)])
def test_soft_losses_of_two_logits_equal_the_values_by_hand(temperature, p):
    """Teacher (5, 1) answers σ(4/T); an undecided student answers one half."""
    entropy = -p * math.log(p) - (1 - p) * math.log(1 - p)
    gradient_by_hand = [[temperature * (0.5 - p), temperature * (p - 0.5)]]
    for loss, by_hand in ((soft_kl, math.log(2) - entropy), (soft_cross_entropy, math.log(2))):
        value, gradient = value_and_gradient(
            loss, np.array([[0.0, 0.0]]), np.array([[5.0, 1.0]]), temperature
        )
        assert value == pytest.approx(temperature**2 * by_hand, abs=1e-6)
        assert gradient == pytest.approx(np.array(gradient_by_hand), abs=1e-6)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0, 20.0])
def test_soft_losses_sum_over_classes_and_take_the_mean_over_the_batch(temperature):
    s, t = logits(1), logits(2)
    p, q = softmax(t / temperature), softmax(s / temperature)
    kl = temperature**2 * (p * np.log(p / q)).sum(1).mean()
    ce = temperature**2 * -(p * np.log(q)).sum(1).mean()
    assert value_and_gradient(soft_kl, s, t, temperature)[0] == pytest.approx(kl, abs=1e-6)
    assert value_and_gradient(soft_cross_entropy, s, t, temperature)[0] == pytest.approx(ce, abs=1e-6)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0, 20.0])
@pytest.mark.parametrize("loss", SOFT)
def test_gradient_of_soft_losses_is_the_difference_of_softened_answers_times_t(loss, temperature):
    s, t = logits(1), logits(2)
    by_hand = temperature * (softmax(s / temperature) - softmax(t / temperature)) / len(s)
    assert value_and_gradient(loss, s, t, temperature)[1] == pytest.approx(by_hand, abs=1e-6)


@pytest.mark.parametrize("loss", SOFT)
def test_gradient_of_soft_losses_equals_finite_differences(loss):
    s, t, step = logits(3, 3, 4), logits(4, 3, 4), 1e-6
    gradient = value_and_gradient(loss, s, t, 3.0)[1]
    for place in np.ndindex(s.shape):
        there = np.zeros_like(s)
        there[place] = step
        ends = [value_and_gradient(loss, s + sign * there, t, 3.0)[0] for sign in (1, -1)]
        assert gradient[place] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-6)


@pytest.mark.parametrize("loss", SOFT)
def test_gradient_keeps_its_size_at_high_temperatures(loss):
    s, t = logits(5, scale=1.0), logits(6, scale=1.0)
    sizes = [np.linalg.norm(value_and_gradient(loss, s, t, T)[1]) for T in (10.0, 30.0, 100.0, 1000.0)]
    assert max(sizes) / min(sizes) < 1.1


@pytest.mark.parametrize("loss", SOFT)
def test_in_the_limit_the_gradient_matches_logits(loss):
    """Hinton's equation 4: (z - v) / N for logits of zero mean, here over a batch of B."""
    s, t = (z - z.mean(1, keepdims=True) for z in (logits(7), logits(8)))
    gradient = value_and_gradient(loss, s, t, 1e4)[1]
    assert gradient == pytest.approx((s - t) / s.shape[1] / len(s), rel=1e-2, abs=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("loss", SOFT)
def test_soft_losses_are_finite_and_right_at_huge_gaps(loss, dtype):
    student = torch.tensor([[1e4, 0.0, 0.0]], dtype=dtype, requires_grad=True)
    value = loss(student, torch.tensor([[0.0, 1e4, 0.0]], dtype=dtype), 1.0)
    value.backward()
    assert value.item() == pytest.approx(1e4, rel=0.01)
    assert student.grad.tolist() == [[1.0, -1.0, 0.0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_cross_entropy_is_finite_and_right_at_huge_gaps(dtype):
    student = torch.tensor([[1e4, 0.0, 0.0]], dtype=dtype, requires_grad=True)
    value = cross_entropy(student, torch.tensor([1]))
    value.backward()
    assert value.item() == pytest.approx(1e4, rel=0.01)
    assert student.grad.tolist() == [[1.0, -1.0, 0.0]]


@pytest.mark.parametrize("loss", SOFT)
def test_no_gradient_reaches_the_teacher(loss):
    student = torch.tensor(logits(1), requires_grad=True)
    teacher = torch.tensor(logits(2), requires_grad=True)
    loss(student, teacher, 4.0).backward()
    assert teacher.grad is None
    assert student.grad is not None


def test_kl_is_zero_when_the_student_agrees_and_never_below():
    t = logits(9)
    value, gradient = value_and_gradient(soft_kl, t + 5, t, 4.0)
    assert value == pytest.approx(0, abs=1e-12)
    assert np.abs(gradient).max() == pytest.approx(0, abs=1e-12)
    assert all(value_and_gradient(soft_kl, logits(seed), t, 4.0)[0] > 0 for seed in range(10, 30))


def test_soft_cross_entropy_is_smallest_at_the_teachers_entropy():
    t, temperature = logits(9), 4.0
    p = softmax(t / temperature)
    entropy = -(p * np.log(p)).sum(1).mean()
    value, gradient = value_and_gradient(soft_cross_entropy, t, t, temperature)
    assert value == pytest.approx(temperature**2 * entropy, abs=1e-9)
    assert np.abs(gradient).max() == pytest.approx(0, abs=1e-12)
