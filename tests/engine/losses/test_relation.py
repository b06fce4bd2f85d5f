import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist, squareform
from sklearn.metrics.pairwise import cosine_similarity

from kdstudio.engine.losses.relation import (
    contrastive,
    correlation,
    probabilistic,
    relational_angle,
    relational_distance,
    similarity,
)
from tests.engine.losses.references import differences, noise, value_and_gradient


def similarity_by_hand(s, t):
    def rows(f):
        gram = f.reshape(len(f), -1) @ f.reshape(len(f), -1).T
        return np.array([row / np.sqrt((row**2).sum()) for row in gram])

    return ((rows(s) - rows(t)) ** 2).sum() / len(s) ** 2


def huber(x):
    return np.where(np.abs(x) < 1, 0.5 * x**2, np.abs(x) - 0.5)


def distance_by_hand(s, t):
    own, other = (squareform(pdist(f) / pdist(f).mean()) for f in (s, t))
    return huber(own - other).mean()


def angle_by_hand(s, t):
    def cosine(f, i, j, k):
        a, b = f[i] - f[j], f[k] - f[j]
        return a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) if i != j != k else 0.0

    places = list(np.ndindex(len(s), len(s), len(s)))
    return np.mean([huber(cosine(s, *place) - cosine(t, *place)) for place in places])


def probabilistic_by_hand(s, t):
    def rows(f):
        kernel = (cosine_similarity(f) + 1) / 2
        return kernel / kernel.sum(1, keepdims=True) + 1e-7

    return (((rows(t) - 1e-7) * np.log(rows(t) / rows(s))).sum()) / len(s) ** 2


def correlation_by_hand(s, t):
    delta = np.abs(s - t)
    return np.mean([(delta[i] * delta[i + 1]).sum() for i in range(len(s) - 1)])


BY_HAND = {
    similarity: similarity_by_hand,
    relational_distance: distance_by_hand,
    relational_angle: angle_by_hand,
    probabilistic: probabilistic_by_hand,
    correlation: correlation_by_hand,
}
every_loss = pytest.mark.parametrize("loss", BY_HAND, ids=lambda loss: loss.__name__)


@every_loss
@pytest.mark.parametrize("seed", range(3))
def test_values_and_gradients_equal_the_reference(loss, seed):
    width = 4 if loss is correlation else 3
    s, t = noise(seed, 5, width), noise(seed + 100, 5, 4, scale=2)
    value, gradient = value_and_gradient(loss, s, t)
    assert value == pytest.approx(BY_HAND[loss](s, t), rel=1e-5)
    assert gradient == pytest.approx(differences(BY_HAND[loss], s, t), rel=1e-5, abs=1e-8)


def test_maps_are_flattened():
    s, t = noise(0, 4, 2, 3, 3), noise(1, 4, 5, 2, 2)
    assert value_and_gradient(similarity, s, t)[0] == pytest.approx(similarity_by_hand(s, t))


@every_loss
def test_a_student_like_its_teacher_has_no_loss_and_no_gradient(loss):
    t = noise(0, 6, 4)
    value, gradient = value_and_gradient(loss, t, t)
    assert value == pytest.approx(0, abs=1e-12)
    assert gradient == pytest.approx(np.zeros_like(t), abs=1e-7)


@pytest.mark.parametrize(
    ("loss", "kept"),
    [
        (similarity, lambda f: f * 3),
        (similarity, lambda f: f @ np.linalg.qr(noise(9, 4, 4))[0]),
        (relational_distance, lambda f: 5 * f + 7),
        (relational_angle, lambda f: 5 * f + 7),
        (relational_angle, lambda f: f @ np.linalg.qr(noise(9, 4, 4))[0]),
        (probabilistic, lambda f: f * np.arange(1, 7)[:, None]),
    ],
)
def test_what_a_relation_does_not_see_costs_nothing(loss, kept):
    t = noise(0, 6, 4)
    assert value_and_gradient(loss, kept(t), t)[0] == pytest.approx(0, abs=1e-9)


@every_loss
def test_no_gradient_reaches_the_teacher(loss):
    student, teacher = (torch.tensor(noise(seed, 5, 4), requires_grad=True) for seed in (0, 1))
    loss(student, teacher).backward()
    assert teacher.grad is None


@every_loss
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("size", [1.0, 1e4])
def test_samples_that_coincide_or_vanish_leave_value_and_gradient_finite(loss, dtype, size):
    s, t = size * noise(0, 6, 4), size * noise(1, 6, 4)
    s[1] = s[0]
    s[3] = 0
    t[4] = t[5]
    student = torch.tensor(s, dtype=dtype, requires_grad=True)
    value = loss(student, torch.tensor(t, dtype=dtype))
    value.backward()
    assert value.isfinite()
    assert student.grad.isfinite().all()
    assert student.grad.abs().max() < 1e3 * size


@every_loss
def test_a_collapsed_student_leaves_value_and_gradient_finite(loss):
    value, gradient = value_and_gradient(loss, np.zeros((4, 3)), noise(0, 4, 3))
    assert np.isfinite(value)
    assert np.isfinite(gradient).all()


def test_coinciding_samples_are_no_mean_distance():
    """The mean is over pairs that differ: three points, two of them the same, are 1 apart."""
    s, t = np.array([[0.0], [0.0], [4.0]]), np.array([[0.0], [1.0], [2.0]])
    own = np.array([[0, 0, 1], [0, 0, 1], [1, 1, 0]])
    other = np.array([[0, 1, 2], [1, 0, 1], [2, 1, 0]]) / (4 / 3)
    assert value_and_gradient(relational_distance, s, t)[0] == pytest.approx(huber(own - other).mean())


def test_correlation_needs_equal_sizes_and_two_samples():
    with pytest.raises(ValueError, match="there are 3 and 4 of them; project the student"):
        correlation(torch.zeros(2, 3), torch.zeros(2, 4))
    with pytest.raises(ValueError, match="batch size of at least 2"):
        correlation(torch.zeros(1, 4), torch.zeros(1, 4))


def contrastive_by_hand(log_odds):
    h = 1 / (1 + np.exp(-log_odds))
    ways = [-(np.log(way[:, 0]) + np.log(1 - way[:, 1:]).sum(1)).mean() for way in h]
    return ways[0] + ways[1]


def test_contrastive_equals_the_reference():
    odds = noise(0, 2, 3, 5, scale=2)
    value, gradient = value_and_gradient(contrastive, odds)
    assert value == pytest.approx(contrastive_by_hand(odds), rel=1e-9)
    assert gradient == pytest.approx(differences(contrastive_by_hand, odds), abs=1e-8)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_contrastive_is_finite_at_huge_odds(dtype):
    odds = torch.tensor([[[-1e4, 1e4, 0.0]]] * 2, dtype=dtype, requires_grad=True)
    value = contrastive(odds)
    value.backward()
    assert value.item() == pytest.approx(4e4, rel=0.01)
    assert odds.grad.tolist() == [[[-1.0, 1.0, 0.5]]] * 2
