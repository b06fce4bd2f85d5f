"""What is read of a study: values as Optuna has them, the best so far, what matters."""

import optuna
import pytest

from kdstudio.runs.studies.history import LEAST_TRIALS, RUN, read_history
from kdstudio.runs.studies.storage import own_storage
from kdstudio.runs.studies.study import begin_study
from tests.small import small_experiment

ALPHA, T = "strategy.alpha", "strategy.temperature"


@pytest.fixture
def study(runs):
    over = (f"{ALPHA}=0..1", f"{T}=1..20:log")
    return begin_study("s", own_storage(runs, "s"), small_experiment(), over, "accuracy", runs)


def add(study, value, alpha, temperature=4.0, state="COMPLETE", steps=(), **attributes):
    study.optuna.add_trial(
        optuna.trial.create_trial(
            value=value,
            state=optuna.trial.TrialState[state],
            params={ALPHA: alpha, T: temperature},
            distributions={
                ALPHA: optuna.distributions.FloatDistribution(0, 1),
                T: optuna.distributions.FloatDistribution(1, 20, log=True),
            },
            intermediate_values=dict(enumerate(steps, start=1)),
            user_attrs=attributes,
        )
    )


def test_the_best_so_far(study):
    add(study, 0.5, 0.1)
    add(study, None, 0.2, state="PRUNED", steps=(0.3, 0.9))
    add(study, 0.4, 0.3)
    add(study, None, 0.3, state="FAIL")
    add(study, 0.7, 0.4)
    add(study, 0.7, 0.5)
    history = read_history(study)
    assert history.best_so_far() == [(0, 0.5), (2, 0.5), (4, 0.7), (5, 0.7)]
    assert history.best.number == 4
    assert history.tried == 5
    assert history.trials[1].value == 0.9
    assert history.trials[1].epochs == 2
    assert [trial.state for trial in history.trials] == [
        "finished", "pruned", "finished", "interrupted", "finished", "finished",
    ]  # fmt: skip


def test_without_a_result_there_is_no_best(study):
    assert read_history(study).best is None
    assert read_history(study).best_so_far() == []


def test_what_matters_is_what_the_result_depends_on(study):
    for number in range(40):
        alpha, temperature = (7 * number % 40) / 40, 1 + (11 * number % 40) / 4
        add(study, 1 - abs(alpha - 0.5), alpha, temperature)
    importance = read_history(study).importance
    assert [*importance] == [ALPHA, T]
    assert importance[ALPHA] > 0.8
    assert sum(importance.values()) == pytest.approx(1)


@pytest.mark.parametrize("values", [[0.1 * n for n in range(LEAST_TRIALS - 1)], [0.5] * 10])
def test_nothing_is_said_of_what_matters_where_there_is_nothing_to_go_by(study, values):
    for number, value in enumerate(values):
        add(study, value, number / 10)
    assert read_history(study).importance == {}


@pytest.mark.parametrize("name", ["../../etc", 3, None, ["s"], "/etc"])
def test_a_run_is_believed_only_where_it_has_a_runs_name(study, name):
    add(study, 0.5, 0.5, **{RUN: name})
    assert read_history(study).trials[0].run == ""
