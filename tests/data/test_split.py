import numpy as np
import pytest
import torch
from sklearn.model_selection import train_test_split

from kdstudio.data.split import stratified_split
from kdstudio.errors import KDStudioError

LABELS = torch.tensor([0] * 100 + [1] * 50 + [2] * 10)[
    torch.randperm(160, generator=torch.Generator().manual_seed(0))
]


@pytest.mark.parametrize("fraction", [0.1, 0.2, 0.5])
def test_every_class_gives_its_share(fraction):
    _training, validation = stratified_split(LABELS, fraction, seed=0)
    given = np.bincount(LABELS[validation], minlength=3)
    assert np.abs(given - fraction * np.array([100, 50, 10])).max() <= 1


def test_the_parts_are_apart_ascending_and_together_everything():
    training, validation = stratified_split(LABELS, 0.2, seed=0)
    assert sorted([*training.tolist(), *validation.tolist()]) == list(range(160))
    assert training.tolist() == sorted(training.tolist())
    assert validation.tolist() == sorted(validation.tolist())


def test_the_split_is_a_function_of_the_seed():
    one, same, other = (stratified_split(LABELS, 0.2, seed)[1] for seed in (4, 4, 5))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


@pytest.mark.parametrize(
    ("labels", "fraction"), [([0] * 50 + [1], 0.2), ([0, 1, 2, 3] * 2, 0.2), ([0, 1] * 10, 0.01)]
)
def test_classes_that_are_too_small_are_an_error_with_a_remedy(labels, fraction):
    with pytest.raises(KDStudioError, match=r"validation share.*raise data.validation or add images"):
        stratified_split(torch.tensor(labels), fraction, seed=0)


@pytest.mark.parametrize("seed", range(40))
def test_the_split_is_that_of_scikit_learn(seed):
    random = np.random.default_rng(seed)
    labels = random.integers(0, random.integers(1, 12), random.integers(2, 400))
    fraction = float(random.choice([0.05, 0.1, 0.13, 1 / 3, 0.5, 0.9]))
    try:
        expected = train_test_split(
            range(len(labels)), test_size=fraction, stratify=labels, random_state=seed
        )
    except ValueError:
        with pytest.raises(KDStudioError, match="validation share"):
            stratified_split(torch.from_numpy(labels), fraction, seed)
        return
    found = stratified_split(torch.from_numpy(labels), fraction, seed)
    assert [part.tolist() for part in found] == [sorted(part) for part in expected]
