"""What trials share is trained once, and everything is called by what tells it apart."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from kdstudio.engine.events import EpochDone, StageDone
from kdstudio.engine.losses.response import cross_entropy
from kdstudio.engine.run_plan import _digest, run_plan
from kdstudio.engine.terms import LABELS, LossTerm
from tests.small import interrupted, planned, same_state, same_states, small_context, small_experiment, train

TEMPERATURES = 'sweep={"strategy.temperature"=[1, 20]}'


def names_of(*settings, **options):
    return [stage.name for stage in run_plan(small_context(small_experiment(*settings, **options))).stages]


def test_one_trial_is_planned_as_its_strategy_does():
    plan = run_plan(small_context(small_experiment()))
    assert [stage.name for stage in plan.stages] == ["teacher", "baseline", "student"]
    (trial,) = plan.trials
    assert trial.numbers == (0, 1, 2)
    assert trial.names("student") == "student"


def test_what_a_swept_field_does_not_change_is_trained_once():
    assert names_of(TEMPERATURES) == ["teacher", "baseline", "student T1", "student T20"]
    assert names_of(TEMPERATURES, "seeds=2") == [
        "teacher", "baseline seed-0", "student T1 seed-0", "student T20 seed-0",
        "baseline seed-1", "student T1 seed-1", "student T20 seed-1",
    ]  # fmt: skip
    assert names_of('sweep={"networks.student.training.epochs"=[1, 2]}') == [
        "teacher", "baseline epochs-1", "student epochs-1",
        "baseline epochs-2", "student epochs-2",
    ]  # fmt: skip
    assert names_of('sweep={"networks.teacher.model.widths"=[[3], [5, 4]]}') == [
        "teacher teacher widths-3", "baseline", "student teacher widths-3", "teacher 5-4", "student 5-4",
    ]  # fmt: skip
    assert names_of('sweep={"data.fraction"=[0.5, 1.0]}')[:3] == [
        "teacher fraction-0,5", "baseline fraction-0,5", "student fraction-0,5",
    ]  # fmt: skip


@pytest.mark.slow
def test_stages_have_the_same_digests_in_any_process():
    script = """if True:
        from kdstudio.engine.run_plan import run_plan
        from tests.small import small_context, small_experiment
        print(*run_plan(small_context(small_experiment(strategy="fitnet"))).digests)
    """
    found = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True,
        env=os.environ | {"PYTHONHASHSEED": "1"}, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert found.stdout.split() == [*run_plan(small_context(small_experiment(strategy="fitnet"))).digests]


def test_two_swept_fields_are_told_where_they_tell():
    sweep = 'sweep={"strategy.temperature"=[1, 20], "networks.student.model.widths"=[[8], [4]]}'
    assert names_of(sweep) == [
        "teacher",
        "baseline widths-8", "student T1 widths-8",
        "baseline widths-4", "student T1 widths-4",
        "student T20 widths-8", "student T20 widths-4",
    ]  # fmt: skip


def test_whole_strategies_can_be_swept():
    assert names_of('sweep={"strategy.name"=["hinton", "match"]}') == [
        "teacher", "baseline", "student hinton", "student match",
    ]  # fmt: skip


def test_a_stage_whose_loss_holds_what_nobody_can_tell_is_trained_for_each_trial():
    def plan(run):
        network, held = run.network("student"), torch.zeros(())
        term = LossTerm("mine", lambda z, y: cross_entropy(z, y) + held, network.logits, LABELS)
        yield run.stage("student", [term])

    context = small_context(planned(plan))
    digests = [_digest(stage, context) for _ in range(2) for stage in context.plan()]
    assert len({*digests}) == 2


def test_a_shared_stage_leaves_every_trial_the_same_weights():
    _events, states = train(small_experiment(TEMPERATURES))
    for temperature in (1, 20):
        _events, alone = train(small_experiment(f"strategy.temperature={temperature}"))
        for network in ("teacher", "baseline"):
            assert same_state(states[network], alone[network])
        assert same_state(states[f"student T{temperature}"], alone["student"])


@pytest.mark.slow
def test_a_sweep_stopped_anywhere_and_resumed_equals_uninterrupted():
    experiment = small_experiment(TEMPERATURES, "strategy.hint_epochs=1", strategy="fitnet")
    assert [stage.name for stage in run_plan(small_context(experiment)).stages] == [
        "teacher", "baseline", "kd T1", "hint", "student T1", "kd T20", "student T20",
    ]  # fmt: skip
    events, expected = train(experiment)
    for stop in range(2, len(events) - 1, 11):
        _rest, states = interrupted(experiment, lambda number, _, stop=stop: number == stop)
        assert same_states(states, expected), f"stopped at event {stop}, {events[stop].kind}"


def test_rows_stand_under_their_names_with_the_coordinates_that_tell_them_apart():
    events, _states = train(small_experiment(TEMPERATURES, "seeds=2"))
    rows = {n: row for event in events if isinstance(event, StageDone) for n, row in event.networks.items()}
    assert all(row.name == name for name, row in rows.items())
    assert rows["teacher"].coordinates == {}
    assert rows["baseline seed-1"].coordinates == {"seed": 1}
    assert rows["student T20 seed-1"].coordinates == {"strategy.temperature": 20, "seed": 1}
    for event in events:
        if isinstance(event, EpochDone):
            assert event.validation.keys() <= rows.keys()
            assert event.confusions.keys() <= rows.keys()
    scored = [name for event in events if isinstance(event, StageDone) for name in event.networks]
    assert len(scored) == len(set(scored))
