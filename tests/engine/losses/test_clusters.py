"""Losses on features by class, against loops written by hand in float64."""

from itertools import permutations

import numpy as np
import pytest
import torch

from kdstudio.engine.losses.clusters import (
    GAMMA,
    intra_class_variance,
    orthogonal_projection,
    variance_over_features,
)

LABELS = torch.tensor([2, 0, 2, 1, 0, 2, 0])


def some_features(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(len(LABELS), *shape, generator=generator, dtype=torch.float64)


def by_class(features):
    rows, labels = features.flatten(1).numpy(), LABELS.tolist()
    return [
        [row for row, label in zip(rows, labels, strict=True) if label == number]
        for number in sorted(set(labels))
    ]


def spread(values, freedom):
    mean = sum(values) / len(values)
    return sum((value - mean) ** 2 for value in values) / (len(values) - freedom)


shapes = pytest.mark.parametrize("shape", [(5,), (3, 2, 2)])


@shapes
def test_the_variance_is_that_of_each_feature_over_a_class(shape):
    features = some_features(*shape)
    means = [
        np.mean([spread(column, 0) for column in zip(*group, strict=True)]) for group in by_class(features)
    ]
    assert float(intra_class_variance(features, LABELS)) == pytest.approx(np.mean(means))


@shapes
def test_over_features_it_is_the_norm_of_the_samples_variances_summed_over_classes(shape):
    """The form of the authors' code: the variance is unbiased, nothing is averaged."""
    features = some_features(*shape)
    norms = [np.sqrt(sum(spread(row, 1) ** 2 for row in group)) for group in by_class(features)]
    assert float(variance_over_features(features, LABELS)) == pytest.approx(sum(norms))


def test_equal_images_of_a_class_have_no_variance_over_samples_however_different_their_features():
    features = some_features(4)[LABELS]
    assert float(intra_class_variance(features, LABELS)) == 0
    assert float(variance_over_features(features, LABELS)) > 0.1


def projection_by_hand(features, labels):
    rows = [row / np.linalg.norm(row) for row in features.flatten(1).numpy()]
    same, different = [], []
    for one, other in permutations(range(len(rows)), 2):
        (same if labels[one] == labels[other] else different).append(float(rows[one] @ rows[other]))
    return 1 - np.mean(same) + GAMMA * abs(np.mean(different))


@shapes
def test_the_projection_is_that_over_all_pairs(shape):
    features = some_features(*shape)
    assert float(orthogonal_projection(features, LABELS)) == pytest.approx(
        projection_by_hand(features, LABELS)
    )


def test_parallel_within_and_orthogonal_between_is_the_minimum():
    directions = torch.eye(3, dtype=torch.float64)
    lengths = torch.arange(1.0, 8.0, dtype=torch.float64)
    assert float(orthogonal_projection(directions[LABELS] * lengths[:, None], LABELS)) == pytest.approx(0)


def test_behind_a_relu_the_angles_need_no_bars():
    """The authors' code has no |d|."""
    features = some_features(6).relu()
    rows = features / features.norm(dim=1, keepdim=True).clamp(min=1e-12)
    cosines, same = rows @ rows.T, LABELS[:, None] == LABELS
    pairs = same & ~torch.eye(len(LABELS), dtype=torch.bool)
    code = 1 - cosines[pairs].mean() + 0.5 * cosines[~same].mean()
    assert float(orthogonal_projection(features, LABELS)) == pytest.approx(float(code))


def test_batches_without_pairs_are_no_error():
    features = some_features(4)[:3]
    assert torch.isfinite(orthogonal_projection(features, torch.arange(3)))
    assert float(orthogonal_projection(torch.ones(3, 4), torch.zeros(3).long())) == pytest.approx(0)
    assert float(intra_class_variance(features, torch.arange(3))) == 0


@pytest.mark.parametrize("loss", [intra_class_variance, variance_over_features, orthogonal_projection])
def test_the_gradient_is_that_of_finite_differences(loss):
    assert torch.autograd.gradcheck(lambda f: loss(f, LABELS), some_features(4).requires_grad_())


@pytest.mark.parametrize("loss", [intra_class_variance, variance_over_features, orthogonal_projection])
def test_mixed_labels_are_refused(loss):
    with pytest.raises(ValueError, match="mixed images"):
        loss(some_features(4), torch.rand(7, 3))
