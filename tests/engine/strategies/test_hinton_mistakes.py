from functools import cache

import numpy as np
import pytest
import torch

from kdstudio.engine.dry_run import dry_run
from kdstudio.engine.strategies.hinton_mistakes import HintonMistakes
from kdstudio.runs.differences import differences
from tests.results import row
from tests.small import random_batch, same_state, small_context, small_experiment


def context(*settings):
    return small_context(small_experiment(*settings, strategy="hinton-mistakes"))


@cache
def stages(temperature=4.0):
    """Untrained, in eval mode, by name; without label loss."""
    settings = (f"strategy.temperature={temperature}", "strategy.alpha=0")
    return {stage.name: stage.eval() for stage in context(*settings).plan()}


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def kl(p, q):
    """For each image, summed over the classes."""
    return (p * np.log(p / q)).sum(1, keepdims=True)


def told(stage):
    """Weighted loss of a batch; logits and gradients at the logits' biases by network, float64."""
    batch = random_batch()
    stage.zero_grad(set_to_none=True)
    losses = stage(batch)
    sum(term.weight_at(0) * losses[term.name] for term in stage.terms).backward()
    modules = {name: network.module for name, network in stage.networks.items()}
    with torch.no_grad():
        logits = {name: module(batch.images).double().numpy() for name, module in modules.items()}
    biases = {name: module.classifier.bias.grad for name, module in modules.items()}
    total = sum(term.weight_at(0) * losses[term.name].item() for term in stage.terms)
    return total, logits, {n: None if grad is None else grad.double().numpy() for n, grad in biases.items()}


def by_hand(p, q, t):
    """Value, and gradient at the logits summed over the images, of each soft loss; p is the teacher's."""
    forward, backward, count = kl(p, q), kl(q, p), len(p)
    right, reverse = (q - p).sum(0) / count, (q * (np.log(q / p) - backward)).sum(0) / count
    return {
        "distilled": (t**2 * forward.mean(), t * right),
        "distilled no T²": (forward.mean(), right / t),
        "distilled class mean": (t**2 * forward.mean() / 10, t * right / 10),
        "distilled KL swapped": (t**2 * backward.mean(), t * reverse),
    }


@pytest.mark.parametrize("temperature", [1.0, 4.0, 20.0])
@pytest.mark.parametrize("way", by_hand(np.ones((1, 2)), np.ones((1, 2)), 1))
def test_value_and_gradient_of_each_soft_loss_are_those_by_hand(way, temperature):
    value, logits, gradients = told(stages(temperature)[way])
    p, q = (softmax(logits[name] / temperature) for name in ("teacher", way))
    expected, gradient = by_hand(p, q, temperature)[way]
    assert value == pytest.approx(expected, rel=1e-3)
    assert gradients[way] == pytest.approx(gradient, abs=1e-6)
    assert gradients["teacher"] is None


def test_peers_are_detached_where_it_is_right_and_else_their_gradients_mix():
    t = 4.0
    right, wrong = (told(stages()[stage]) for stage in ("mutual", "mutual not detached"))
    assert right[0] == pytest.approx(wrong[0])
    for _value, logits, gradients in (right, wrong):
        names = [*logits]
        for own, other in (names, reversed(names)):
            p, q = softmax(logits[other] / t), softmax(logits[own] / t)
            found = by_hand(p, q, t)
            alone, leaked = found["distilled"][1], found["distilled KL swapped"][1]
            expected = alone if logits is right[1] else alone + leaked
            assert gradients[own] == pytest.approx(expected, abs=1e-6)


def test_the_teacher_in_training_mode_drops_out_and_does_not_learn():
    stage = stages()["distilled teacher in training mode"].train()
    teacher = stage.networks["teacher in training mode"]
    before, batch = {key: value.clone() for key, value in teacher.state_dict().items()}, random_batch(64)
    draws = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        draws.append(stage.values(batch, [teacher.logits], stage.learners(0))[teacher.logits])
    assert not torch.equal(*draws)
    stage(batch)["soft loss"].backward()
    assert all(weight.grad is None for weight in teacher.parameters())
    assert [*stage.learners(0)] == ["distilled teacher in training mode"]
    assert same_state(before, teacher.state_dict())
    assert not stages()["distilled"].train().networks["teacher"].training
    stage.eval()


def test_all_students_begin_with_the_baseline_s_weights_and_peers_differ():
    found = stages()
    first = found["baseline"].networks["baseline"].module.state_dict()
    for name, stage in found.items():
        for network, part in stage.networks.items():
            if network.startswith(("distilled", "mutual")):
                assert same_state(part.module.state_dict(), first) == (not network.endswith("peer-2")), name


@pytest.mark.parametrize(
    ("option", "left_out"),
    [
        ("no_t_squared", {"distilled no T²"}),
        ("class_mean", {"distilled class mean"}),
        ("swapped_kl", {"distilled KL swapped"}),
        ("teacher_in_training", {"distilled teacher in training mode"}),
        ("attached_peers", {"mutual", "mutual not detached"}),
        ("baseline", {"baseline"}),
    ],
)
def test_each_mistake_can_be_left_out(option, left_out):
    planned = {stage.name for stage in context(f"strategy.{option}=false").plan()}
    assert stages().keys() - planned == left_out


def test_without_a_mistake_that_a_teacher_makes_there_is_no_teacher():
    taught = ("no_t_squared", "class_mean", "swapped_kl", "teacher_in_training")
    alone = context(*(f"strategy.{option}=false" for option in taught))
    assert [stage.name for stage in alone.plan()] == ["baseline", "mutual", "mutual not detached"]
    peers = HintonMistakes(**dict.fromkeys(taught, False)).formula()
    assert peers == "L = 0.1·CE(y, softmax(z_k)) + 0.9·4²·KL(softmax(z_l/4) ‖ softmax(z_k/4))"
    assert "z_s" in HintonMistakes().formula()


def test_every_mistake_is_held_against_its_right_way():
    """A mutual one against the mutual one of its number; labels alone against every right way."""
    identities = {n: i for stage in dry_run(context()) for n, i in stage.scored.items()}
    rows = [row(i.kind, 0.5, role=i.role, **i.coordinates) for i in identities.values()]
    found = differences(rows, HintonMistakes.comparison)
    pairs = {(d.result, d.control) for d in found}
    assert {control for result, control in pairs if result.startswith("distilled")} == {"distilled"}
    mutual = {pair for pair in pairs if pair[0].startswith("mutual")}
    assert mutual == {(f"mutual not detached peer-{n}", f"mutual peer-{n}") for n in (1, 2)}
    assert ("baseline", "distilled") in pairs
