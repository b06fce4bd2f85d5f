import math
from functools import partial

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr, zscore

from kdstudio.engine.losses.response import (
    confidence_weighted,
    cross_entropy,
    decoupled,
    dist,
    log_mean_softmax,
    mean_soft_kl,
    permuted_cross_entropy,
    soft_cross_entropy,
    soft_kl,
    soft_kl_to_mean,
    standardised,
    teacher_free,
    uniform_cross_entropy,
)
from tests.engine.losses.references import differences

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
    """Teacher (5, 1) predictions σ(4/T); an undecided student predictions one half."""
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


def kl(p, q):
    return (p * np.log(p / q)).sum(1).mean()


def decoupled_by_hand(s, t, labels, alpha, beta, temperature):
    """Zhao's equations 5 to 7, by the definition of conditional probabilities."""
    right = np.eye(s.shape[1], dtype=bool)[labels]
    p_t, p_s = softmax(t / temperature), softmax(s / temperature)
    binary = [np.stack([p[right], 1 - p[right]], 1) for p in (p_t, p_s)]
    among = [(p[~right].reshape(len(p), -1)) / (1 - p[right])[:, None] for p in (p_t, p_s)]
    return temperature**2 * (alpha * kl(*binary) + beta * kl(*among))


def dist_by_hand(s, t, beta, gamma, temperature):
    p_t, p_s = softmax(t / temperature), softmax(s / temperature)
    rows = np.mean([pearsonr(a, b).statistic for a, b in zip(p_s, p_t, strict=True)])
    columns = np.mean([pearsonr(a, b).statistic for a, b in zip(p_s.T, p_t.T, strict=True)])
    return temperature**2 * (beta * (1 - rows) + gamma * (1 - columns))


def standardised_by_hand(s, t, temperature):
    p_t, p_s = (softmax(zscore(z, axis=1, ddof=1) / temperature) for z in (t, s))
    return temperature**2 * kl(p_t, p_s)


def uniform_by_hand(s):
    return -np.log(softmax(s)).sum() / s.size


def teacher_free_by_hand(s, labels, correct, temperature):
    virtual = np.full_like(s, (1 - correct) / (s.shape[1] - 1))
    virtual[range(len(s)), labels] = correct
    return kl(softmax(virtual / temperature), softmax(s))


def mean_kl_by_hand(s, t, u, temperature):
    q, *peers = (softmax(z / temperature) for z in (s, t, u))
    return temperature**2 * sum(kl(p, q) for p in peers) / 2


def kl_to_mean_by_hand(s, t, u, temperature):
    q, *peers = (softmax(z / temperature) for z in (s, t, u))
    return temperature**2 * kl(sum(peers) / 2, q)


def confidence_weighted_by_hand(s, t, labels):
    weights = softmax(t).max(1)
    return -np.average(np.log(softmax(s)[range(len(s)), labels]), weights=weights)


RIGHT = np.array([0, 1, 2, 3, 4, 0, 1])


def mean_of_two(loss):
    """The loss against two peers, with the temperature last."""
    return lambda s, t, u, temperature: loss(s, t, u, temperature=temperature)


BY_HAND = {
    "decoupled": (decoupled, decoupled_by_hand, (logits(2), RIGHT, 1.5, 8.0, 4.0)),
    "decoupled at 1": (decoupled, decoupled_by_hand, (logits(2), RIGHT, 0.0, 1.0, 1.0)),
    "dist": (dist, dist_by_hand, (logits(2), 1.0, 3.0, 4.0)),
    "dist at 1": (dist, dist_by_hand, (logits(2), 2.0, 1.0, 1.0)),
    "standardised": (standardised, standardised_by_hand, (logits(2), 2.0)),
    "uniform": (uniform_cross_entropy, uniform_by_hand, ()),
    "teacher-free": (teacher_free, teacher_free_by_hand, (RIGHT, 0.99, 20.0)),
    "teacher-free at 0.5": (teacher_free, teacher_free_by_hand, (RIGHT, 0.9, 0.5)),
    "mean of KLs": (mean_of_two(mean_soft_kl), mean_kl_by_hand, (logits(2), logits(3), 3.0)),
    "KL to mean": (mean_of_two(soft_kl_to_mean), kl_to_mean_by_hand, (logits(2), logits(3), 3.0)),
    "confidence": (confidence_weighted, confidence_weighted_by_hand, (logits(2), RIGHT)),
}
by_hand = pytest.mark.parametrize("case", BY_HAND)


def bound(case):
    """The loss and its reference as functions of the student's logits and the teacher's, if any."""
    loss, reference, (*arguments,) = BY_HAND[case]
    tensors = [torch.as_tensor(a) if isinstance(a, np.ndarray) else a for a in arguments]
    return lambda s: loss(s, *tensors), lambda s: reference(s, *arguments)


@by_hand
def test_values_and_gradients_equal_the_reference(case):
    loss, reference = bound(case)
    s = logits(1)
    value, gradient = value_and_gradient(lambda z, _: loss(z), s, 0.0)
    assert value == pytest.approx(reference(s), rel=1e-5)
    assert gradient == pytest.approx(differences(reference, s), rel=1e-5, abs=1e-8)


@pytest.mark.parametrize("temperature", [1.0, 4.0])
def test_decoupled_with_the_teachers_weights_is_soft_kl(temperature):
    """Zhao's equation 6: NCKD weighted by one minus the teacher's probability of the label, per sample."""
    s, t = logits(1, 1), logits(2, 1)
    beta = 1 - softmax(t / temperature)[0, 3]
    parts = decoupled(torch.tensor(s), torch.tensor(t), torch.tensor([3]), 1.0, beta, temperature)
    assert parts.item() == pytest.approx(value_and_gradient(soft_kl, s, t, temperature)[0], rel=1e-9)


def test_standardised_ignores_shift_and_size_of_the_logits():
    t = logits(2)
    value = standardised(torch.tensor(7 * t + 3), torch.tensor(t), 2.0)
    assert value.item() == pytest.approx(0, abs=1e-9)


def test_dist_ignores_shift_and_size_of_the_answers():
    """Predictions whose deviations from uniform are a tenth of the teacher's correlate perfectly."""
    p = softmax(logits(2))
    milder = np.log(0.1 * p + 0.9 / 5)
    assert dist(torch.tensor(milder), torch.tensor(np.log(p)), 1, 1, 1).item() == pytest.approx(0, abs=1e-9)


def test_label_smoothing_is_torchs():
    z, labels = torch.tensor(logits(1)), torch.tensor(RIGHT)
    ours = 0.9 * cross_entropy(z, labels) + 0.1 * uniform_cross_entropy(z)
    torchs = torch.nn.functional.cross_entropy(z, labels, label_smoothing=0.1)
    assert ours.item() == pytest.approx(torchs.item(), rel=1e-12)


FAR = [[1e4, 0.0, 0.0], [0.0, 0.0, -1e4], [0.0, 0.0, 0.0]]
OPPOSITE = [[0.0, 1e4, -1e4], [-1e4, 0.0, 0.0], [0.0, 1e4, 0.0]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("label", [0, 1, 2])
@pytest.mark.parametrize("name", ["decoupled", "dist", "standardised", "uniform", "teacher-free"])
def test_values_and_gradients_are_finite_at_huge_gaps(name, label, dtype):
    student = torch.tensor(FAR, dtype=dtype, requires_grad=True)
    teacher, labels = torch.tensor(OPPOSITE, dtype=dtype), torch.full((3,), label)
    value = {
        "decoupled": lambda: decoupled(student, teacher, labels, 1.0, 8.0, 1.0),
        "dist": lambda: dist(student, teacher, 1.0, 1.0, 1.0),
        "standardised": lambda: standardised(student, teacher, 2.0),
        "uniform": lambda: uniform_cross_entropy(student),
        "teacher-free": lambda: teacher_free(student, labels, 0.99, 20.0),
    }[name]()
    value.backward()
    assert value.isfinite()
    assert student.grad.isfinite().all()
    assert student.grad.abs().max() <= 10


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_decoupled_is_right_at_huge_gaps(dtype):
    """The teacher is sure of the label, the student of another class; then the two others swap."""
    student = torch.tensor([[0.0, 1e4, 0.0]], dtype=dtype, requires_grad=True)
    teacher = torch.tensor([[1e4, 0.0, 5e3]], dtype=dtype)
    value = decoupled(student, teacher, torch.tensor([0]), 1.0, 1.0, 1.0)
    value.backward()
    assert value.item() == pytest.approx(1e4 + 1e4, rel=0.01)
    assert student.grad.tolist() == [[-1.0, 2.0, -1.0]]


@pytest.mark.parametrize(
    "loss",
    [lambda s, t: decoupled(s, t, torch.tensor(RIGHT), 1, 8, 4), lambda s, t: dist(s, t, 1, 1, 4),
     lambda s, t: standardised(s, t, 2)],
)  # fmt: skip
def test_no_gradient_of_newer_losses_reaches_the_teacher(loss):
    student, teacher = (torch.tensor(logits(seed), requires_grad=True) for seed in (1, 2))
    loss(student, teacher).backward()
    assert teacher.grad is None
    assert student.grad is not None


@pytest.mark.parametrize(
    "loss",
    [lambda s, y: decoupled(s, s, y, 1, 8, 4), lambda s, y: teacher_free(s, y, 0.99, 20),
     lambda s, y: confidence_weighted(s, s, y)],
)  # fmt: skip
def test_shares_of_mixed_images_are_refused(loss):
    with pytest.raises(ValueError, match=r"mixed images have shares of several"):
        loss(torch.zeros(2, 3), torch.full((2, 3), 1 / 3))


def test_a_kl_to_the_mean_answer_has_the_gradient_of_the_mean_kl_and_a_smaller_value():
    student, peers = logits(1), [torch.tensor(logits(seed)) for seed in (2, 3, 4)]
    values, gradients = zip(
        *(value_and_gradient(lambda s, _, loss=loss: loss(s, *peers, temperature=2.0), student, 0.0)
          for loss in (mean_soft_kl, soft_kl_to_mean)),
        strict=True,
    )  # fmt: skip
    assert gradients[0] == pytest.approx(gradients[1])
    assert values[1] < values[0]


def test_one_peer_is_a_teacher():
    student, teacher = (torch.tensor(logits(seed)) for seed in (1, 2))
    wanted = soft_kl(student, teacher, 4.0).item()
    assert mean_soft_kl(student, teacher, temperature=4.0).item() == pytest.approx(wanted)
    assert soft_kl_to_mean(student, teacher, temperature=4.0).item() == pytest.approx(wanted)


def test_a_permuted_answer_keeps_its_largest_probability_and_all_others_somewhere():
    """The gradient to the student's logits is its answer less the permuted target."""
    student, teacher = logits(1, rows=400), logits(2, rows=400)
    torch.manual_seed(0)
    value, gradient = value_and_gradient(permuted_cross_entropy, student, teacher)
    target, answer = softmax(student) - len(student) * gradient, softmax(teacher)
    assert value == pytest.approx(-(target * np.log(softmax(student))).sum(1).mean())
    rows, top = range(len(answer)), answer.argmax(1)
    assert target[rows, top] == pytest.approx(answer[rows, top])
    assert np.sort(target, 1) == pytest.approx(np.sort(answer, 1), abs=1e-12)
    second = np.argsort(answer, 1)[:, -2]
    stayed = np.isclose(target[rows, second], answer[rows, second]).mean()
    assert stayed == pytest.approx(1 / 4, abs=0.08)  # one of the four other classes, evenly


def test_a_permutation_is_repeated_with_the_seed():
    student, teacher = torch.tensor(logits(1)), torch.tensor(logits(2))
    first, again, other = (
        (torch.manual_seed(seed), permuted_cross_entropy(student, teacher))[1] for seed in (5, 5, 6)
    )
    assert first == again != other


@pytest.mark.parametrize(
    "loss",
    [partial(mean_soft_kl, temperature=2.0), partial(soft_kl_to_mean, temperature=2.0),
     lambda s, t: confidence_weighted(s, t, torch.tensor(RIGHT)), permuted_cross_entropy],
)  # fmt: skip
def test_no_gradient_reaches_peers_nor_earlier_generations(loss):
    student, teacher = (torch.tensor(logits(seed), requires_grad=True) for seed in (1, 2))
    loss(student, teacher).backward()
    assert teacher.grad is None
    assert student.grad is not None


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(
    "loss",
    [partial(mean_soft_kl, temperature=1.0), lambda s, t: soft_kl_to_mean(s, t, s, temperature=1.0),
     lambda s, t: confidence_weighted(s, t, torch.zeros(3, dtype=torch.long)), permuted_cross_entropy,
     lambda s, t: log_mean_softmax(s, t)[:, 0].sum()],
)  # fmt: skip
def test_losses_of_peers_and_generations_are_finite_at_huge_gaps(loss, dtype):
    student = torch.tensor(FAR, dtype=dtype, requires_grad=True)
    value = loss(student, torch.tensor(OPPOSITE, dtype=dtype))
    value.backward()
    assert value.isfinite()
    assert student.grad.isfinite().all()
