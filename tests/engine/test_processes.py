"""Several processes train what one does: every strategy, two epochs of the digits."""

import pytest

from kdstudio.engine.strategy import strategies
from tests.several import trained_by
from tests.small import small_experiment, train

TOLERANCE = 2e-6
"""Largest difference of any number of a state, as a share of the tensor's largest, or of 1 if that is more.

Of perceptrons with dropout, in float32, after two epochs.
"""
WHERE_ROUNDING_GROWS = 2e-3
"""The same of networks with batch norm: images that differ by a ten-millionth move the running variances of
one process by up to 1e-2 at a learning rate of 0.1. And of relations between images: the gradient of a
distance has no bound where two answers nearly agree."""


SHORT = {"fitnet": ("strategy.hint_epochs=2",), "quantise": ("strategy.epochs=2",)}
"""Settings by which every stage of a strategy has two epochs."""


def perceptrons(name, *settings):
    """Two blocks, so that there is something before the last one, and dropout."""
    roles = strategies[name]().roles()
    blocks = (f"networks.{role}.model.widths=[8, 6]" for role in roles)
    settings = (*SHORT.get(name, ()), *settings)
    return small_experiment("compute.precision=float32", *blocks, *settings, strategy=name)


def convolutions(model, *settings):
    """A student with batch norm that learns from the labels."""
    return small_experiment(
        "compute.precision=float32",
        f"networks.student.model={model}",
        "networks.student.training.optimizer.learning_rate=0.001",
        *settings,
        strategy="supervised",
    )


def every_role(setting, value):
    return tuple(f"networks.{role}.training.{setting}={value}" for role in ("teacher", "student"))


def matched(*terms):
    """A student that learns what these terms tell: of pairs of images, of all images seen, of gradients."""
    each = (f"strategy.terms.{name}={{name='{name}'}}" for name in terms)
    slow = "networks.student.training.optimizer.learning_rate=0.001"  # rounding grows at a higher one
    return perceptrons("match", "strategy.baseline=false", slow, *each)


EXPERIMENTS = {
    **{name: perceptrons(name) for name in strategies},
    "jittered": perceptrons("hinton", *every_role("augmentation.jitter", "2")),
    "mixed": perceptrons("hinton", *every_role("mixing.kind", "'mixup'")),
    "a last batch of two images": perceptrons("hinton", *every_role("batch_size", "215")),
    "a class left out": perceptrons("hinton", "networks.student.training.leave_out=['3']"),
    "two seeds": perceptrons("supervised", "seeds=2"),
    "memories": matched("contrastive"),
    "gradients": matched("jacobian"),
}
SENSITIVE = {
    "relations": matched("relational", "correlation", "similarity", "dist"),
    "batch norm": convolutions("{name='resnet', depth=8, width=2}"),
    "batch norm, a last batch of two images": convolutions(
        "{name='resnet', depth=8, width=2}", "networks.student.training.batch_size=215"
    ),
    "batch norm and dropout": convolutions("{name='wide-resnet', depth=10, width=1, dropout=0.3}"),
}


@pytest.fixture(scope="module")
def alone():
    """What one process trains, by experiment."""
    return {name: train(experiment)[1] for name, experiment in (EXPERIMENTS | SENSITIVE).items()}


def difference(one, other):
    """The largest of all weights and buffers."""
    assert one.keys() == other.keys()
    pairs = ((state[key].double(), other[name][key].double()) for name, state in one.items() for key in state)
    shares = ((a - b).abs().max() / a.abs().max().clamp(min=1) for a, b in pairs if a.numel())
    return max(map(float, shares))


UNEVEN = {name: EXPERIMENTS[name] for name in (*strategies, "a last batch of two images", "gradients")}
"""What three processes do, too."""


@pytest.mark.slow
@pytest.mark.parametrize(("count", "wanted"), [(2, EXPERIMENTS | SENSITIVE), (3, UNEVEN)])
def test_processes_train_what_one_does(count, wanted, alone, tmp_path):
    found = trained_by(count, wanted, tmp_path)
    differences = {name: difference(alone[name], found[name]) for name in found}
    assert differences.keys() == wanted.keys()
    assert {n: d for n, d in differences.items() if d > TOLERANCE and n in EXPERIMENTS} == {}
    assert {n: d for n, d in differences.items() if d > WHERE_ROUNDING_GROWS} == {}
