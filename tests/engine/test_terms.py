"""Loss terms: who gets gradient, how they are spoken, and Hinton's two by hand."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from kdstudio.engine.strategy import strategies
from kdstudio.engine.terms import LossTerm, formula_of, label_loss, logits, soft_loss
from kdstudio.engine.weighting import Linear
from tests.small import small_context, small_experiment

MADE_OF_TERMS = ("born-again", "hinton", "mutual", "specialise", "supervised")


def softmax(values):
    powers = np.exp(values - values.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def random_logits(count, seed=0):
    values = np.random.default_rng(seed).normal(0, 3, (count, 7, 5))
    return values, list(torch.tensor(values))


def test_terms_are_read_without_torch():
    """Forms show formulas before torch has been loaded."""
    code = (
        "import sys; from kdstudio.engine.terms import label_loss, formula_of; "
        "print(formula_of([label_loss('a', 0.5)])); sys.exit('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "L = 0.5·CE(y, softmax(z_s))"


def test_one_input_or_several_get_gradient():
    one, two = (LossTerm("a", max, inputs, ("t",)) for inputs in ("x", ("x", "y")))
    assert (one.learned, one.reads) == (("x",), ("x", "t"))
    assert (two.learned, two.reads) == (("x", "y"), ("x", "y", "t"))


def test_a_weight_is_a_number_or_follows_the_progress():
    assert LossTerm("a", max, "x", (), 3.0).weight_at(0.7) == 3.0
    falling = LossTerm("a", max, "x", (), Linear(final=1.0).over(4.0, 1))
    assert [falling.weight_at(p) for p in (0, 0.5, 1)] == [4.0, 2.5, 1.0]


def test_a_weight_of_one_is_not_spoken():
    terms = [LossTerm(n, max, "x", (), w, n.upper()) for n, w in (("a", 1.0), ("b", 0.25), ("c", 2.0))]
    assert formula_of(terms) == "L = A + 0.25·B + 2·C"


def test_the_label_loss_is_the_mean_cross_entropy():
    values, (tensor,) = random_logits(1)
    labels = np.arange(7) % 5
    term = label_loss("net", 0.3, sign="k")
    by_hand = -np.log(softmax(values[0])[range(7), labels]).mean()
    assert term.loss(tensor, torch.tensor(labels)).item() == pytest.approx(by_hand, abs=1e-9)
    assert (term.inputs, term.targets, term.weight) == ("net.logits", ("labels",), 0.3)
    assert term.spoken() == "0.3·CE(y, softmax(z_k))"


@pytest.mark.parametrize("shares", [(), (0.2, 0.3, 0.5)])
@pytest.mark.parametrize("divergence", ["kl", "ce"])
@pytest.mark.parametrize("temperature", [1.0, 6.0])
def test_the_soft_loss_is_the_weighted_sum_over_its_teachers(temperature, divergence, shares):
    values, tensors = random_logits(4)
    addresses = [logits(f"teacher-{number}") for number in range(3)]
    term = soft_loss("net", addresses, temperature, 0.9, divergence=divergence, shares=shares)
    q, *targets = (softmax(v / temperature) for v in values)
    entropies = [(p * np.log(p)).sum(1).mean() if divergence == "kl" else 0.0 for p in targets]
    crosses = [-(p * np.log(q)).sum(1).mean() for p in targets]
    found = term.loss(*tensors).item()
    expected = temperature**2 * np.dot(shares or (1 / 3,) * 3, np.add(entropies, crosses))
    assert found == pytest.approx(expected, rel=1e-6)
    assert term.targets == tuple(addresses)


def test_the_soft_loss_is_spoken_with_its_numbers():
    assert soft_loss("s", ["t.logits"], 2.5, 0.25).spoken() == (
        "0.25·2.5²·KL(softmax(z_t/2.5) ‖ softmax(z_s/2.5))"
    )
    assert soft_loss("s", ["φ"], 4, divergence="ce", target="φ(z_t)").spoken() == (
        "4²·CE(softmax(φ(z_t)/4), softmax(z_s/4))"
    )


@pytest.mark.parametrize("name", MADE_OF_TERMS)
def test_what_a_strategy_tells_is_what_its_last_stage_does(name):
    """The same text but for the networks' signs, where its formula is made of its terms."""
    *_others, stage = small_context(small_experiment(strategy=name)).plan()
    told = strategies[name]().formula()
    assert all(term.formula for term in stage.terms)
    assert formula_of(stage.updates[0]) == told
