import pytest

from kdstudio.engine.events import EpochDone, StageDone, StepDone
from kdstudio.runs.curves import LossKey, RunCurves, Series
from tests.small import small_experiment, train


@pytest.fixture(scope="module")
def events():
    """All events of a run of three stages, each two epochs of five steps."""
    return train(small_experiment())[0]


def curves_of(events):
    curves = RunCurves()
    curves.add(events)
    return curves


def test_every_loss_is_a_curve_over_the_epochs_of_its_stage(events):
    curves = curves_of(events)
    assert set(curves.losses) == {
        LossKey("teacher", "label loss"),
        LossKey("baseline", "label loss"),
        LossKey("student", "label loss"),
        LossKey("student", "soft loss"),
    }
    soft = curves.losses[LossKey("student", "soft loss")]
    assert soft.x == pytest.approx([step / 5 for step in range(1, 11)])
    assert soft.y == [e.losses["soft loss"] for e in events if isinstance(e, StepDone) and e.stage == 2]


def test_accuracy_is_that_of_validation_after_each_epoch(events):
    curves = curves_of(events)
    for stage, name in enumerate(("teacher", "baseline", "student")):
        found = [e.validation[name].accuracy for e in events if isinstance(e, EpochDone) and e.stage == stage]
        assert (curves.accuracy[name].x, curves.accuracy[name].y) == ([1, 2], found)


def test_rates_and_speeds_are_curves_by_stage(events):
    curves = curves_of(events)
    assert list(curves.learning_rate) == list(curves.speed) == ["teacher", "baseline", "student"]
    rates = [e.learning_rate for e in events if isinstance(e, StepDone) and e.stage == 1]
    assert curves.learning_rate["baseline"].y == rates
    assert min(curves.speed["student"].y) > 0


def test_scores_are_of_validation_while_a_network_learns_and_of_the_test_set_afterwards(events):
    first_epoch = next(number for number, event in enumerate(events) if isinstance(event, EpochDone))
    learning = curves_of(events[: first_epoch + 1])
    assert learning.scored_on == {"teacher": "validation"}
    assert learning.scores == events[first_epoch].validation
    done = curves_of(events)
    assert done.scored_on == dict.fromkeys(("teacher", "baseline", "student"), "test")
    last = next(e for e in reversed(events) if isinstance(e, StageDone)).networks["student"].last_epoch
    assert done.scores["student"] == last.test
    assert done.class_names == tuple("0123456789")


def test_a_stages_curves_are_there_before_its_first_step(events):
    started = next(number for number, event in enumerate(events) if event.kind == "stage-started")
    assert curves_of(events[: started + 1]).losses == {LossKey("teacher", "label loss"): Series()}


def test_classes_left_out_are_known_once_their_stage_has_begun():
    leaving_out = train(small_experiment("networks.student.training.leave_out=[3]"))[0]
    started = [number for number, event in enumerate(leaving_out) if event.kind == "stage-started"]
    assert curves_of(leaving_out[: started[0] + 1]).left_out == set()
    assert curves_of(leaving_out[: started[1] + 1]).left_out == {3}


def test_events_added_one_by_one_give_the_same_curves(events):
    curves = RunCurves()
    for event in events:
        curves.add([event])
    assert curves == curves_of(events)


def test_a_scaled_series_leaves_its_original_alone():
    series = Series([1.0, 2.0], [3.0, 4.0])
    assert series.scaled(2.0) == Series([1.0, 2.0], [6.0, 8.0])
    assert series.y == [3.0, 4.0]


def test_weighted_losses_are_the_losses_times_their_weights():
    found, _ = train(small_experiment("strategy.alpha=0.25"))
    curves = curves_of(found)
    for term, weight in (("label loss", 0.25), ("soft loss", 0.75)):
        key = LossKey("student", term)
        assert curves.weighted[key].y == pytest.approx([weight * y for y in curves.losses[key].y])


def test_shares_of_the_gradient_sum_to_one_where_terms_share_a_turn(events):
    curves = curves_of(events)
    assert set(curves.shares) == {LossKey("student", "label loss"), LossKey("student", "soft loss")}
    norms = [e.gradient_norms for e in events if isinstance(e, EpochDone) and e.stage == 2]
    for epoch, found in enumerate(norms):
        share = curves.shares[LossKey("student", "soft loss")].y[epoch]
        assert share == pytest.approx(found["soft loss"] / sum(found.values()))
