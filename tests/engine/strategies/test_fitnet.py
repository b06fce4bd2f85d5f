import numpy as np
import pytest
import torch

from kdstudio.engine.strategies.fitnet import FitNet
from kdstudio.errors import KDStudioError
from tests.small import random_batch, same_state, small_context, small_experiment, train

WIDER = "networks.teacher.model.widths=[12]"


def stages_of(*settings):
    context = small_context(small_experiment(*settings, strategy="fitnet"))
    return {stage.name: stage.eval() for stage in context.plan()}


def softmax(logits):
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def test_alone_kd_and_hint_come_out_of_one_plan():
    stages = stages_of("strategy.hint_epochs=7")
    assert list(stages) == ["teacher", "baseline", "kd", "hint", "student"]
    assert stages["hint"].training_spec.epochs == 7
    assert stages["baseline"].training_spec == stages["kd"].training_spec == stages["student"].training_spec
    starts = [stages[n].networks[n].module.state_dict() for n in ("baseline", "kd", "student")]
    assert same_state(starts[0], starts[1])
    assert same_state(starts[0], starts[2])


def test_baseline_and_kd_can_be_left_out():
    settings = ("strategy.baseline=false", "strategy.kd=false")
    assert list(stages_of(*settings)) == ["teacher", "hint", "student"]


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("name", ["kd", "student"])
def test_the_answers_are_learned_as_in_the_paper(name, squared):
    """H(y, P_S) + λ·H(P_T^τ, P_S^τ), without τ² unless wanted."""
    stage = stages_of("strategy.temperature=2.5", f"strategy.times_t_squared={str(squared).lower()}")[name]
    batch = random_batch()
    with torch.no_grad():
        student, teacher = (
            stage.networks[n].module(batch.images).double().numpy() for n in (name, "teacher")
        )
        losses = stage(batch)
    label_loss = -np.log(softmax(student)[range(len(batch)), batch.labels]).mean()
    soft_loss = -(softmax(teacher / 2.5) * np.log(softmax(student / 2.5))).sum(1).mean()
    assert losses["label loss"].item() == pytest.approx(label_loss, rel=1e-5)
    assert losses["soft loss"].item() == pytest.approx(soft_loss * (2.5**2 if squared else 1), rel=1e-5)


def test_lambda_falls_in_a_straight_line():
    terms = {term.name: term for term in stages_of()["student"].terms}
    assert [terms["soft loss"].weight_at(p) for p in (0, 0.5, 1)] == [4.0, 2.5, 1.0]
    assert [terms["label loss"].weight_at(p) for p in (0, 1)] == [1.0, 1.0]


def test_the_hint_is_the_squared_error_behind_a_regressor_and_stops_at_its_layer():
    stage, batch = stages_of(WIDER)["hint"], random_batch()
    (head,) = stage.heads.values()
    student, teacher = (stage.networks[n].module.double() for n in ("student", "teacher"))
    features = [torch.relu(m.block1.linear(batch.images.double().flatten(1))) for m in (student, teacher)]
    expected = (head.module.double()(features[0]) - features[1]).square().mean().item()
    for module in (student, teacher, head.module):
        module.float()
    losses = stage(batch)
    assert losses["hint"].item() == pytest.approx(expected, rel=1e-5)
    losses["hint"].backward()
    assert student.classifier.weight.grad is None
    assert student.block1.linear.weight.grad.any()
    assert sorted(stage.learners(0)) == [head.name, "student"]


def test_one_stage_learns_all_with_the_libraries_weight():
    stages = stages_of("strategy.stages=one", WIDER)
    assert list(stages) == ["teacher", "baseline", "kd", "student"]
    weights = {term.name: term.weight_at(0) for term in stages["student"].terms}
    assert weights == {"label loss": 1.0, "soft loss": 4.0, "hint": 100.0}
    assert list(stages["student"].heads) == ["hint projection 1"]


def test_a_run_tells_of_all_four_networks():
    events, states = train(small_experiment("strategy.hint_epochs=2", WIDER, strategy="fitnet"))
    assert {"teacher", "baseline", "kd", "student", "3/student", "3/hint projection 1"} == {*states}
    done = [event for event in events if event.kind == "stage-done"]
    assert {name for event in done for name in event.networks} == {"teacher", "baseline", "kd", "student"}


def test_the_hints_stage_scores_nothing_for_the_student_has_no_answers_yet():
    assert stages_of()["hint"].scored == {}
    events, states = train(small_experiment(WIDER, strategy="fitnet"))
    done = {event.stage: event.networks for event in events if event.kind == "stage-done"}
    assert done[3] == {}
    assert done[4].keys() == {"student"}
    assert "student" in states


def test_one_tap_alone_is_an_error():
    with pytest.raises(KDStudioError, match="1 student taps and 0 teacher taps"):
        stages_of("strategy.student_tap=block1")


@pytest.mark.parametrize(
    ("options", "formula"),
    [
        (
            {},
            "L = mean (r(F_s) − F_t)², then CE(y, softmax(z_s)) + λ·CE(softmax(z_t/3), softmax(z_s/3)), "
            "λ from 4 to 1",
        ),
        (
            {"stages": "one", "distance": "cross-entropy", "times_t_squared": True, "lambda_end": 0.5},
            "L = 100·CE(softmax_c F_t, softmax_c r(F_s)) + CE(y, softmax(z_s)) + "
            "λ·3²·CE(softmax(z_t/3), softmax(z_s/3)), λ from 4 to 0.5",
        ),
        (
            {"hint_weight": 30.0, "lambda_start": 1.0},
            "L = 30·mean (r(F_s) − F_t)², then CE(y, softmax(z_s)) + CE(softmax(z_t/3), softmax(z_s/3))",
        ),
        (
            {"lambda_start": 2.5, "lambda_end": 2.5},
            "L = mean (r(F_s) − F_t)², then CE(y, softmax(z_s)) + 2.5·CE(softmax(z_t/3), softmax(z_s/3))",
        ),
    ],
)
def test_the_formula_holds_the_numbers(options, formula):
    assert FitNet(**options).formula() == formula
