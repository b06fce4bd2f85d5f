import numpy as np
import pytest
import torch

from kdstudio.engine.losses import feature
from tests.engine.losses.references import differences, noise, value_and_gradient

STUDENT, TEACHER = noise(0, 3, 4, 6, 6), noise(1, 3, 4, 6, 6)
OTHER_CHANNELS = noise(2, 3, 5, 6, 6)


def pooled(maps, size):
    """Means of equal tiles."""
    count, channels, side, _ = maps.shape
    return maps.reshape(count, channels, size, side // size, size, side // size).mean((3, 5))


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def softmax(values):
    powers = np.exp(values - values.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def attention(student, teacher):
    own, other = (unit((f**2).mean(1).reshape(len(f), -1)) for f in (student, teacher))
    return ((own - other) ** 2).mean()


def squared_error(student, teacher):
    return ((student - teacher) ** 2).mean()


def channel_cross_entropy(student, teacher):
    return -(softmax(teacher) * np.log(softmax(student))).sum(1).mean()


def neuron_selectivity(student, teacher):
    """Kernel by kernel, pair by pair."""
    own, other = (unit(f.reshape(*f.shape[:2], -1)) for f in (student, teacher))

    def kernel(one, two):
        pairs = [(np.dot(x, y)) ** 2 for a, b in zip(one, two, strict=True) for x in a for y in b]
        return sum(pairs) / len(pairs)

    return kernel(own, own) + kernel(other, other) - 2 * kernel(own, other)


def factor(student, teacher):
    own, other = (unit(f.reshape(len(f), -1)) for f in (student, teacher))
    return np.abs(own - other).mean()


def factor_attention(student, teacher):
    own, other = (unit((f**2).mean(1).reshape(len(f), -1)) for f in (student, teacher))
    return np.abs(own - other).mean()


def hierarchical_context(student, teacher):
    """Of 8×8 maps."""
    sizes = ((8, 1.0), (4, 0.5), (2, 0.25), (1, 0.125))
    errors = [weight * squared_error(pooled(student, s), pooled(teacher, s)) for s, weight in sizes]
    return sum(errors) / 1.875


REFERENCES = [
    (feature.attention, attention, STUDENT, OTHER_CHANNELS),
    (feature.squared_error, squared_error, STUDENT, TEACHER),
    (feature.channel_cross_entropy, channel_cross_entropy, STUDENT, TEACHER),
    (feature.channel_cross_entropy, channel_cross_entropy, noise(3, 3, 4), noise(4, 3, 4)),
    (feature.neuron_selectivity, neuron_selectivity, STUDENT, OTHER_CHANNELS),
    (feature.factor, factor, STUDENT, TEACHER),
    (feature.factor_attention, factor_attention, STUDENT, OTHER_CHANNELS),
    (feature.hierarchical_context, hierarchical_context, noise(5, 2, 2, 8, 8), noise(6, 2, 2, 8, 8)),
]
every_loss = pytest.mark.parametrize(
    ("loss", "reference", "student", "teacher"), REFERENCES, ids=lambda part: getattr(part, "__name__", "")
)


@every_loss
def test_value_and_gradient_equal_the_formula_by_hand(loss, reference, student, teacher):
    value, gradient = value_and_gradient(loss, student, teacher)
    assert value == pytest.approx(reference(student, teacher), rel=1e-10)
    np.testing.assert_allclose(gradient, differences(reference, student, teacher), atol=1e-7)


@every_loss
def test_extreme_values_are_finite_in_every_precision(loss, reference, student, teacher):
    for scale in (1e4, 1e-4, 0.0):
        own, other = (torch.tensor(value * scale, dtype=torch.float32) for value in (student, teacher))
        own.requires_grad_()
        loss(own, other).backward()
        with torch.autocast("cpu", torch.bfloat16):
            loss(own, other).backward()
        assert own.grad.isfinite().all()


@every_loss
def test_no_gradient_reaches_the_teacher(loss, reference, student, teacher):
    leaf = torch.tensor(teacher, requires_grad=True)
    loss(torch.tensor(student, requires_grad=True), leaf).backward()
    assert leaf.grad is None


@pytest.mark.parametrize("loss", [feature.attention, feature.neuron_selectivity, feature.factor])
def test_the_larger_map_is_pooled_to_the_smaller(loss):
    small = noise(7, 3, 4, 3, 3)
    expected = loss(torch.tensor(pooled(STUDENT, 3)), torch.tensor(small)).item()
    assert loss(torch.tensor(STUDENT), torch.tensor(small)).item() == pytest.approx(expected)
    assert loss(torch.tensor(small), torch.tensor(STUDENT)).item() == pytest.approx(expected)


@pytest.mark.parametrize("loss", [feature.attention, feature.neuron_selectivity, feature.factor])
def test_vectors_are_refused_where_maps_are_compared(loss):
    with pytest.raises(ValueError, match="choose a tap that is a map"):
        loss(torch.ones(2, 3), torch.ones(2, 3))


@pytest.mark.parametrize(
    "loss", [feature.squared_error, feature.channel_cross_entropy, feature.hierarchical_context]
)
def test_different_shapes_are_refused_where_values_are_compared(loss):
    with pytest.raises(ValueError, match="choose a projection"):
        loss(torch.ones(2, 3, 4, 4), torch.ones(2, 5, 4, 4))


def variational(mean, variance, teacher):
    spread = variance[None, :, None, None]
    return (0.5 * ((mean - teacher) ** 2 / spread + np.log(spread))).mean()


def test_variational_equals_the_likelihood_by_hand():
    variance = np.array([0.5, 1.0, 2.0, 7.0])
    value, to_mean = value_and_gradient(feature.variational, STUDENT, variance, TEACHER)
    assert value == pytest.approx(variational(STUDENT, variance, TEACHER), rel=1e-10)
    np.testing.assert_allclose(to_mean, differences(variational, STUDENT, variance, TEACHER), atol=1e-7)

    def of_variance(spread):
        return variational(STUDENT, spread, TEACHER)

    _, to_variance = value_and_gradient(
        lambda spread: feature.variational(torch.tensor(STUDENT), spread, torch.tensor(TEACHER)), variance
    )
    np.testing.assert_allclose(to_variance, differences(of_variance, variance), atol=1e-7)


def test_the_best_variance_is_the_mean_squared_error():
    errors = ((STUDENT - TEACHER) ** 2).mean((0, 2, 3))
    _, gradient = value_and_gradient(
        lambda spread: feature.variational(torch.tensor(STUDENT), spread, torch.tensor(TEACHER)), errors
    )
    np.testing.assert_allclose(gradient, 0, atol=1e-12)


def solution_flow(first, second, first_teacher, second_teacher):
    """The second pair of maps is half as large."""

    def gram(one, two):
        one = pooled(one, two.shape[2])
        return np.einsum("bchw,bdhw->bcd", one, two) / two.shape[2] ** 2

    return ((gram(first, second) - gram(first_teacher, second_teacher)) ** 2).mean()


def test_solution_flow_equals_the_gram_matrices_by_hand():
    others = noise(8, 3, 2, 3, 3), TEACHER, noise(9, 3, 2, 3, 3)
    value, gradient = value_and_gradient(
        lambda first, second, *teacher: feature.solution_flow((first, second), teacher), STUDENT, *others
    )
    assert value == pytest.approx(solution_flow(STUDENT, *others), rel=1e-10)
    np.testing.assert_allclose(gradient, differences(solution_flow, STUDENT, *others), atol=1e-7)


def squared_distance(student, teacher):
    return sum(((one - other) ** 2).sum() for one, other in zip(student, teacher, strict=True)) / len(student)


def test_the_squared_distance_is_summed_over_an_image_and_averaged_over_the_batch():
    own = noise(10, *TEACHER.shape)
    value, gradient = value_and_gradient(feature.squared_distance, own, TEACHER)
    assert value == pytest.approx(squared_distance(own, TEACHER))
    np.testing.assert_allclose(gradient, 2 * (own - TEACHER) / len(own))


@pytest.mark.parametrize("of", ["maps", "vectors"])
def test_the_batch_distance_is_the_norm_of_all_pooled_features(of):
    vectors = TEACHER.mean((2, 3))
    own, other = noise(11, *vectors.shape), TEACHER if of == "maps" else vectors
    value, gradient = value_and_gradient(feature.batch_distance, own, other)
    assert value == pytest.approx(np.sqrt(((own - vectors) ** 2).sum()))
    np.testing.assert_allclose(gradient, (own - vectors) / value)


def test_equal_features_have_no_batch_distance_and_a_finite_gradient():
    value, gradient = value_and_gradient(feature.batch_distance, TEACHER.mean((2, 3)), TEACHER)
    assert value == pytest.approx(0, abs=1e-12)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("loss", [feature.squared_distance, feature.batch_distance])
def test_distances_of_features_of_other_shapes_are_refused(loss):
    with pytest.raises(ValueError, match="one shape"):
        loss(torch.zeros(2, 3), torch.zeros(2, 4))
