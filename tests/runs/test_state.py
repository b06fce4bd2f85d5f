"""The fold: over the events of real runs, and over some that are made up."""

import pytest

from kdstudio.engine.events import (
    EpochDone,
    Preparing,
    RunDone,
    RunFailed,
    RunNotice,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    StageDone,
    StageStarted,
    StageSummary,
    StepDone,
)
from kdstudio.engine.identity import Identity
from kdstudio.engine.views import Comparison, TableView
from kdstudio.runs.curves import LossKey, Series
from kdstudio.runs.state import STEP_OVERHEAD, RunState, spoken_duration, spoken_epochs
from kdstudio.runs.summary import Summary
from tests.results import doubt, row
from tests.small import small_experiment, some_scores, train

EMPTY = Summary(name="run", started="2025-01-01T00:00:00+00:00", experiment={"strategy": {"name": "hinton"}})
TEACHER = Identity(role="teacher", kind="teacher")


@pytest.fixture(scope="module")
def events():
    """All events of a run of three stages, each two epochs of five steps."""
    return train(small_experiment())[0]


def folded(events, state=None):
    """The state after ``events``, one by one."""
    state = state or RunState()
    for event in events:
        state.add(event)
    return state


def places(*settings):
    """What is told of the progress after each event of a real run."""
    state, found = RunState(), []
    for event in train(small_experiment(*settings))[0]:
        state.add(event)
        found.append((event, (state.doing, state.fraction, state.stage, state.epoch, state.current_stage)))
    return state, found


# progress


def test_the_fraction_rises_from_zero_to_one():
    fractions = [fraction for _event, (_, fraction, *_) in places()[1]]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0
    assert fractions[-1] == 1.0
    assert len({round(f, 9) for f in fractions}) > 30


def test_stages_count_by_their_work():
    _state, found = places("networks.teacher.model.widths=[2000]", "strategy.baseline=false")
    flops = (3 * 256 * 2 * 74 * 2000, 3 * 256 * 2 * 74 * 2008)  # the student's steps ask the teacher
    teacher, student = (10 * (each + STEP_OVERHEAD) for each in flops)
    done = [fraction for event, (_, fraction, *_) in found if event.kind == "stage-done"]
    assert done == pytest.approx([teacher / (teacher + student), 1.0])


def test_it_tells_what_is_being_done():
    _state, found = places()
    doing = list(dict.fromkeys(doing for _event, (doing, *_) in found))
    assert doing == ["preparing", "teacher", "baseline", "student", "predictions of the teacher", "done"]
    assert folded([Preparing(what="downloading", fraction=0.5)]).doing == "downloading"


def test_notices_are_kept_in_order():
    assert folded([RunNotice(message="one"), RunNotice(message="two")]).notices == ["one", "two"]


def test_stage_and_epoch_are_those_of_the_event():
    state, found = places()
    for event, (_doing, _fraction, stage, epoch, summary) in found:
        if event.kind == "epoch-done":
            assert (stage, epoch) == (event.stage, event.epoch)
            assert summary == state.stages[event.stage]
    assert RunState().current_stage is None


@pytest.mark.parametrize(
    ("fraction", "seconds", "left"), [(0.25, 30, 90.0), (1.0, 30, 0.0), (0.001, 30, None), (0.5, 0.5, None)]
)
def test_the_rest_takes_as_long_as_the_first_part_did(fraction, seconds, left):
    assert RunState(fraction=fraction, seconds=seconds).seconds_left() == left


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, "…"), (0, "0 s"), (42.4, "42 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"),
     (3599.7, "1 h 00 min"), (7800, "2 h 10 min"), (90000, "25 h 00 min")],
)  # fmt: skip
def test_durations_are_spoken(seconds, text):
    assert spoken_duration(seconds) == text


# made-up events


def stage_summary(name="teacher", scored=TEACHER, **more):
    """A stage of four epochs of five steps."""
    given = {
        "epochs": 4,
        "steps_per_epoch": 5,
        "batch_size": 2,
        "terms": ("label loss",),
        "updates": (("label loss",),),
        "trained": (name,),
        "frozen": (),
        "parameters": {name: 9},
        "scored": {scored.name: scored},
        "flops_per_step": 0.0,
    }
    return StageSummary(name=name, **given | more)


def run_started(*stages, **more):
    given = {"threads": 1, "precision": "float32", "class_names": ("a", "b"), "training_images": 8,
             "validation_images": 1, "test_images": 1}  # fmt: skip
    return RunStarted(device="cpu", stages=stages or (stage_summary(),), **given | more)


def step_done(step, stage=0, seconds=0.0, **more):
    given = {"losses": {"label loss": 1.0}, "learning_rate": 0.1, "images_per_second": 7.0}
    return StepDone(stage=stage, epoch=1 + (step - 1) // 5, step=step, seconds=seconds, **given | more)


def epoch_done(epoch, stage=0, seconds=0.0, norms=None, **accuracies):
    return EpochDone(
        stage=stage, epoch=epoch, step=5 * epoch, losses={}, weights={}, gradient_norms=norms or {},
        learning_rate=0.1, images_per_second=1.0, seconds=seconds,
        validation={name: some_scores(share) for name, share in accuracies.items()},
    )  # fmt: skip


STUDENT = stage_summary("student", Identity(role="student", kind="student"))


def test_what_is_left_is_told_by_the_pace_since_a_resumption():
    halted = [run_started(), StageStarted(stage=0, summary=stage_summary()), step_done(10, seconds=1000.0)]
    state = folded([*halted, run_started()])
    assert (state.fraction, state.seconds_left()) == (0.5, None)
    assert folded([StageStarted(stage=0, summary=stage_summary())], state).fraction == 0.5
    state = folded([step_done(15, seconds=1010.0)], state)
    assert (state.fraction, state.seconds_left()) == (0.75, 10.0)


def test_a_stage_that_goes_on_stays_in_its_epoch():
    begun = [run_started(), StageStarted(stage=0, summary=stage_summary()), epoch_done(2)]
    state = folded([*begun, run_started(), StageStarted(stage=0, summary=stage_summary())])
    assert (state.stage, state.epoch, state.fraction) == (0, 2, 0.5)


def test_the_next_stage_begins_with_no_epoch_done():
    started = run_started(stage_summary(), STUDENT)
    state = folded([started, StageStarted(stage=0, summary=stage_summary()), epoch_done(4)])
    state = folded([StageStarted(stage=1, summary=STUDENT)], state)
    assert (state.stage, state.epoch, state.fraction, state.doing) == (1, 0, 0.5, "student")


@pytest.mark.parametrize(
    ("event", "status"),
    [(RunDone(seconds=3.0), "finished"), (RunStopped(seconds=3.0), "stopped"),
     (RunFailed(message="why", details="…"), "failed")],
)  # fmt: skip
def test_the_status_is_how_the_run_ended(event, status):
    state = RunState()
    assert (state.status, state.is_over) == ("running", False)
    state.add(event)
    assert (state.status, state.is_over) == (status, True)
    assert state.summarised(EMPTY).status == status


def test_a_failed_run_tells_why_until_it_is_resumed():
    state = folded([run_started(), RunFailed(message="why", details="where")])
    assert (state.error, state.details, state.summarised(EMPTY).error) == ("why", "where", "why")
    state.add(run_started())
    assert (state.status, state.error, state.details) == ("running", "", "")


def test_a_held_run_is_paused_until_it_goes_on():
    state = folded([run_started(), step_done(3, seconds=5.0), RunPaused(seconds=5.0)])
    assert (state.status, state.is_over, state.seconds) == ("paused", False, 5.0)
    assert folded([RunResumed(seconds=5.0)], state).status == "running"


def test_warnings_are_kept_in_the_order_in_which_they_were_told_and_stay_when_the_run_goes_on():
    told = [doubt("teacher"), doubt()]
    state = folded(
        [run_started(stage_summary()), *told, RunStopped(seconds=1.0), run_started(stage_summary())]
    )
    assert state.warnings == told
    assert state.summarised(EMPTY).warnings == (*told,)


def test_rows_of_networks_that_learn_are_live_until_their_stage_is_done():
    state = folded([run_started(), StageStarted(stage=0, summary=stage_summary())])
    assert state.rows == {}
    state = folded([epoch_done(1, teacher=0.3), epoch_done(2, teacher=0.4)], state)
    live = state.rows["teacher"]
    assert (live.role, live.kind, live.validation.accuracy) == ("teacher", "teacher", 0.4)
    assert state.networks == {}
    done = row("teacher", 0.9)
    state.add(StageDone(stage=0, seconds=9.0, networks={"teacher": done}))
    assert (state.rows, state.learning) == ({"teacher": done}, {})


def test_a_network_that_no_stage_knows_has_a_live_row_by_its_name():
    assert folded([run_started(), epoch_done(1, oracle=0.3)]).learning["oracle"].kind == "oracle"


def test_scores_are_the_last_epochs_and_the_best_stand_beside_them():
    teacher, student = row("teacher", 0.6, 0.5, best=0.7), row("student", 0.8)
    stages = [StageDone(stage=n, seconds=5.0, networks={r.name: r}) for n, r in enumerate((teacher, student))]
    summary = folded([run_started(stage_summary(), STUDENT), *stages]).summarised(EMPTY)
    assert summary.networks == {"teacher": teacher, "student": student}
    assert (summary.networks["teacher"].validation.accuracy, summary.networks["teacher"].test.accuracy) == (
        0.5,
        0.6,
    )
    assert summary.networks["teacher"].best_epoch.test.accuracy == 0.7


def test_the_latest_accuracy_of_every_network_is_kept():
    state = folded([run_started(stage_summary(), STUDENT), epoch_done(1, seconds=2.0, teacher=0.3)])
    begun = StageStarted(stage=1, summary=STUDENT)
    state = folded(
        [epoch_done(2, seconds=4.0, teacher=0.4), begun, epoch_done(1, 1, 6.0, student=0.2)], state
    )
    latest = {name: found.validation.accuracy for name, found in state.learning.items()}
    assert latest == {"teacher": 0.4, "student": 0.2}
    summary = state.summarised(EMPTY)
    assert (summary.epoch, summary.seconds, summary.stage) == (1, 6.0, "student")


def test_device_classes_views_and_what_is_compared_come_from_the_start():
    views, comparison = (TableView(title="t", rows=("kind",)),), Comparison(result="clone")
    state = folded([run_started(views=views, comparison=comparison)])
    assert (state.class_names, state.views, state.comparison) == (("a", "b"), views, comparison)
    summary = state.summarised(EMPTY)
    assert (summary.device, summary.class_names) == ("cpu", ("a", "b"))
    assert (summary.views, summary.comparison) == (views, comparison)
    assert (summary.name, summary.started) == (EMPTY.name, EMPTY.started)


def test_every_network_that_the_plan_will_score_is_known_from_the_start():
    assert [*folded([run_started(stage_summary(), STUDENT)]).identities] == ["teacher", "student"]


def test_shares_are_of_the_terms_that_have_one_update_in_common():
    stage = stage_summary(terms=("a", "b", "c"), updates=(("a", "b"), ("c",)))
    state = folded([run_started(stage), epoch_done(1, norms={"a": 1.0, "b": 3.0})])
    assert {key.term: series.y for key, series in state.curves.shares.items()} == {"a": [0.25], "b": [0.75]}
    none = folded([run_started(stage), epoch_done(1, norms={"a": 0.0, "b": 0.0})])
    assert {key.term: series.y for key, series in none.curves.shares.items()} == {"a": [0.0], "b": [0.0]}


def test_points_of_a_loss_stand_at_epochs_of_its_stage_and_are_weighted_beside():
    steps = [step_done(1, weights={"label loss": 0.5}), step_done(5, losses={"label loss": 3.0})]
    curves = folded([run_started(), *steps]).curves
    key = LossKey("teacher", "label loss")
    assert curves.losses[key] == Series([0.2, 1.0], [1.0, 3.0])
    assert curves.weighted[key] == Series([0.2, 1.0], [0.5, 3.0])


# curves of a real run


def test_every_loss_is_a_curve_over_the_epochs_of_its_stage(events):
    curves = folded(events).curves
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
    curves = folded(events).curves
    for stage, name in enumerate(("teacher", "baseline", "student")):
        found = [e.validation[name].accuracy for e in events if isinstance(e, EpochDone) and e.stage == stage]
        assert (curves.accuracy[name].x, curves.accuracy[name].y) == ([1, 2], found)


def test_rates_and_speeds_are_curves_by_stage(events):
    curves = folded(events).curves
    assert list(curves.learning_rate) == list(curves.speed) == ["teacher", "baseline", "student"]
    rates = [e.learning_rate for e in events if isinstance(e, StepDone) and e.stage == 1]
    assert curves.learning_rate["baseline"].y == rates
    assert min(curves.speed["student"].y) > 0


def test_scores_are_of_validation_while_a_network_learns_and_of_the_test_set_afterwards(events):
    first_epoch = next(number for number, event in enumerate(events) if isinstance(event, EpochDone))
    learning = folded(events[: first_epoch + 1])
    assert {name: r.validation for name, r in learning.rows.items()} == events[first_epoch].validation
    assert not hasattr(learning.rows["teacher"], "test")
    done = folded(events)
    assert [*done.rows] == [*done.networks] == ["teacher", "baseline", "student"]
    last = next(e for e in reversed(events) if isinstance(e, StageDone)).networks["student"].last_epoch
    assert done.rows["student"].test == last.test
    assert done.class_names == tuple("0123456789")


def test_a_stages_curves_are_there_before_its_first_step(events):
    started = next(number for number, event in enumerate(events) if event.kind == "stage-started")
    state = folded(events[: started + 1])
    assert state.curves.losses == {LossKey("teacher", "label loss"): Series()}


def test_classes_left_out_are_known_once_their_stage_has_begun():
    leaving_out = train(small_experiment("networks.student.training.leave_out=[3]"))[0]
    started = [number for number, event in enumerate(leaving_out) if event.kind == "stage-started"]
    assert folded(leaving_out[: started[0] + 1]).left_out == set()
    assert folded(leaving_out[: started[1] + 1]).left_out == {3}


def test_weighted_losses_are_the_losses_times_their_weights():
    found, _ = train(small_experiment("strategy.alpha=0.25"))
    curves = folded(found).curves
    for term, weight in (("label loss", 0.25), ("soft loss", 0.75)):
        key = LossKey("student", term)
        assert curves.weighted[key].y == pytest.approx([weight * y for y in curves.losses[key].y])


def test_shares_of_the_gradient_sum_to_one_where_terms_share_an_update(events):
    curves = folded(events).curves
    assert set(curves.shares) == {LossKey("student", "label loss"), LossKey("student", "soft loss")}
    norms = [e.gradient_norms for e in events if isinstance(e, EpochDone) and e.stage == 2]
    for epoch, found in enumerate(norms):
        share = curves.shares[LossKey("student", "soft loss")].y[epoch]
        assert share == pytest.approx(found["soft loss"] / sum(found.values()))


def test_one_epoch_is_one():
    assert [spoken_epochs(count) for count in (0, 1, 40)] == ["0 epochs", "1 epoch", "40 epochs"]
