import numpy as np
import pytest
import torch

from kdstudio.engine.strategies.hinton import Hinton
from kdstudio.engine.strategies.match import Match
from kdstudio.engine.teachers import TEACHERS, over_teachers, teacher_shares
from kdstudio.errors import KDStudioError
from tests.small import random_batch, same_states, small_context, small_experiment, train

SECOND = "networks.teacher-2={model={name='mlp', widths=[9]}, training={epochs=2, batch_size=256}}"
TERMS = (
    "strategy.terms={'soft targets'={name='soft-targets', weight=0.9, temperature=4}, "
    "similarity={name='similarity', weight=5}}"
)


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def last_stage(*settings, strategy="hinton"):
    context = small_context(small_experiment(*settings, strategy=strategy))
    *_others, stage = context.plan()
    return stage.eval()


def logits_of(stage, batch):
    with torch.no_grad():
        return {name: n.module(batch.images).double().numpy() for name, n in stage.networks.items()}


def test_shares_sum_to_one_and_are_equal_where_none_are_given():
    assert teacher_shares(1, ()) == {"teacher": 1.0}
    assert teacher_shares(1, (7.0,)) == {"teacher": 1.0}
    assert teacher_shares(4, ()) == dict.fromkeys(TEACHERS.names(4), 0.25)
    assert teacher_shares(2, (3.0, 1.0)) == {"teacher": 0.75, "teacher-2": 0.25}


@pytest.mark.parametrize("divergence", ["kl", "ce"])
@pytest.mark.parametrize(("weights", "shares"), [("[]", (0.5, 0.5)), ("[3, 1]", (0.75, 0.25))])
def test_the_soft_loss_is_the_weighted_sum_and_its_gradient_that_to_the_mean_answer(
    weights, shares, divergence
):
    t, batch = 4.0, random_batch()
    stage = last_stage(
        "strategy.teachers=2", SECOND, f"strategy.teacher_weights={weights}", "strategy.alpha=0",
        f"strategy.divergence={divergence}",
    )  # fmt: skip
    logits = logits_of(stage, batch)
    q, *predictions = (softmax(logits[name] / t) for name in ("student", "teacher", "teacher-2"))
    loss = stage(batch)["soft loss"]
    by_hand = [
        (p * np.log(p / q)).sum(1).mean() if divergence == "kl" else -(p * np.log(q)).sum(1).mean()
        for p in predictions
    ]
    assert loss.item() == pytest.approx(t**2 * np.dot(shares, by_hand), rel=1e-3)
    loss.backward()
    mean = sum(share * p for share, p in zip(shares, predictions, strict=True))
    gradient = stage.networks["student"].module.classifier.bias.grad.double().numpy()
    assert gradient == pytest.approx((t * (q - mean) / len(batch)).sum(0), abs=1e-5)
    assert all(w.grad is None for name in ("teacher", "teacher-2") for w in stage.networks[name].parameters())


def test_each_teacher_is_trained_by_its_own_recipe_or_loaded_before_the_student():
    context = small_context(small_experiment("strategy.teachers=2", SECOND))
    stages = list(context.plan())
    assert [stage.name for stage in stages] == ["teacher", "teacher-2", "baseline", "student"]
    assert stages[1].training_spec == context.recipe("teacher-2")
    assert [n for n, network in stages[-1].networks.items() if network.frozen] == ["teacher", "teacher-2"]


def test_every_matching_term_is_applied_to_each_teacher_with_its_share():
    stage = last_stage(
        "strategy.teachers=2", SECOND, "strategy.teacher_weights=[3, 1]", TERMS, strategy="match"
    )
    weights = {term.name: term.weight_at(0.5) for term in stage.terms}
    assert weights == pytest.approx(
        {
            "label loss": 1.0,  # the largest of those that the terms were published with
            "soft targets": 0.75 * 0.9,
            "similarity": 0.75 * 5,
            "soft targets (teacher-2)": 0.25 * 0.9,
            "similarity (teacher-2)": 0.25 * 5,
        }
    )
    for term in stage.terms[1:]:
        taught_by = "teacher-2" if "(" in term.name else "teacher"
        assert {address.partition(".")[0] for address in term.targets} == {taught_by}


def test_several_equal_teachers_teach_what_one_teaches():
    """Two copies of one teacher: the gradient is that of the one."""
    batch, gradients = random_batch(), []
    for settings in ((), ("strategy.teachers=2", SECOND.replace("[9]", "[8]"))):
        stage = last_stage(*settings)
        for network in stage.networks.values():
            if network.frozen:
                network.module.load_state_dict(stage.networks["teacher"].module.state_dict())
        stage(batch)["soft loss"].backward()
        gradients.append([w.grad for w in stage.networks["student"].parameters()])
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other)


def test_one_teacher_with_a_weight_gives_the_same_bits_as_without():
    assert same_states(
        train(small_experiment())[1], train(small_experiment("strategy.teacher_weights=[7]"))[1]
    )


@pytest.mark.parametrize("strategy", ["hinton", "match"])
def test_as_many_weights_as_teachers_are_asked_for(strategy):
    with pytest.raises(KDStudioError, match="give 2 weights, one for each teacher, or none, not 3"):
        small_experiment(
            "strategy.teachers=2", "strategy.teacher_weights=[1, 2, 3]", SECOND, strategy=strategy
        )


def test_formulas_show_the_teachers():
    assert over_teachers("D", {"teacher": 1.0}) == "D"
    assert Hinton(teachers=2, teacher_weights=(1, 3)).formula() == (
        "L = 0.1·CE(y, softmax(z_s)) + Σ_t w_t·(0.9·4²·KL(softmax(z_t/4) ‖ softmax(z_s/4))), "
        "w_t = 0.25 (teacher), 0.75 (teacher-2)"
    )
    assert Match(teachers=2).formula() == (
        "L = 0.1·CE(y, softmax(z_s)) + Σ_t w_t·(0.9·[4²·KL(softmax(z_t/4) ‖ softmax(z_s/4))]), "
        "w_t = 0.5 (teacher), 0.5 (teacher-2)"
    )
