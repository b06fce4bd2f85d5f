"""Which experiments a run crosses."""

import pytest

from kdstudio.engine.trials import code_run_by, first_setting, spoken_trials, trials_of
from kdstudio.errors import KDStudioError
from tests.small import small_experiment

SWEEP = 'sweep={"strategy.temperature"=[1, 20]}'


def test_one_seed_and_no_sweep_is_one_trial_without_coordinates():
    experiment = small_experiment("seed=5")
    (trial,) = trials_of(experiment)
    assert trial.coordinates == {}
    assert (trial.experiment.seed, trial.teacher_seed) == (5, 5)


def test_seeds_follow_one_another_and_the_data_stay():
    trials = trials_of(small_experiment("seed=5", "seeds=3"))
    assert [trial.coordinates for trial in trials] == [{"seed": 5}, {"seed": 6}, {"seed": 7}]
    assert [trial.experiment.seed for trial in trials] == [5, 6, 7]
    assert {trial.experiment.data.seed for trial in trials} == {5}
    assert {trial.experiment.seeds for trial in trials} == {1}
    assert {trial.teacher_seed for trial in trials} == {5}


def test_teachers_follow_the_seeds_if_wanted_and_the_data_have_a_seed_of_their_own():
    trials = trials_of(small_experiment("seeds=2", "teacher_for_each_seed=true", "data.seed=9"))
    assert [trial.teacher_seed for trial in trials] == [0, 1]
    assert {trial.experiment.data.seed for trial in trials} == {9}


def test_after_each_seed_every_setting_has_been_tried():
    trials = trials_of(small_experiment("seeds=2", SWEEP))
    assert [tuple(trial.coordinates.items()) for trial in trials] == [
        (("strategy.temperature", t), ("seed", seed)) for seed in (0, 1) for t in (1, 20)
    ]
    assert [trial.experiment.strategy.temperature for trial in trials] == [1, 20, 1, 20]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("seeds=0", "seeds: must be greater than or equal to 1, not 0"),
        ("seeds=1.5", "seeds: must be a valid integer"),
        (
            'sweep={"strategy.temprature"=[1]}',
            "sweep: strategy.temprature: no such field; did you mean 'temperature'",
        ),
        (
            'sweep={"strategy.temperature"=[1, -4]}',
            "sweep: strategy.temperature: must be greater than 0, not -4",
        ),
        ('sweep={"strategy.temperature"=[]}', "sweep: no values for 'strategy.temperature'"),
        ('sweep={"networks.coach.model.widths"=[[3]]}', "sweep: networks.coach"),
        ('sweep={"strategy.teachers"=[1, 2]}', "sweep: networks: strategy 'hinton' also needs a teacher-2"),
        ("sweep=5", "sweep: must be a valid dictionary"),
    ],
)
def test_what_cannot_be_tried_is_refused_before_anything_runs(setting, message):
    with pytest.raises(KDStudioError, match=message):
        small_experiment(setting)


def test_trials_are_limited_in_number():
    with pytest.raises(KDStudioError, match=r"sweep: 2,000 trials.*there may be 1,000"):
        small_experiment("seeds=1000", SWEEP)


def test_how_many_there_are_is_said_in_words():
    assert spoken_trials(small_experiment()) == ""
    assert spoken_trials(small_experiment("seeds=3")) == "3 seeds"
    assert spoken_trials(small_experiment(SWEEP)) == "2 settings"
    assert spoken_trials(small_experiment(SWEEP, "seeds=3")) == "3 seeds × 2 settings = 6 trials"


def test_the_first_setting_is_an_experiment_of_its_own():
    experiment = small_experiment("seed=5", "seeds=3", SWEEP)
    assert first_setting(experiment) == trials_of(experiment)[0].experiment
    assert first_setting(experiment).strategy.temperature == 1


def test_code_is_named_wherever_a_setting_runs_it():
    mine = '{name = "python", path = "mine.py:build"}'
    assert code_run_by(small_experiment(SWEEP)) == ""
    assert code_run_by(small_experiment(f"networks.student.model={mine}")) == "python mine.py:build"
    sweep = f'sweep={{"networks.student.model"=[{{name="mlp"}}, {mine}]}}'
    assert code_run_by(small_experiment(sweep)) == "python mine.py:build"
