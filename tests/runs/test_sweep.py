import pytest

from kdstudio.runs.sweep import Setting, Spread, over_seeds, swept_students
from tests.small import run_in, small_experiment

VARIED = {
    f"s{t}-{seed}": {"role": "student", "temperature": float(t), "alpha": 0.1, "seed": seed}
    for t in (4, 1)
    for seed in (0, 1)
}


def test_figures_of_one_setting_are_gathered_over_the_seeds():
    found = over_seeds({"s1-0": 0.5, "s1-1": 0.7, "s4-0": 0.9, "s4-1": 0.9, "teacher": 1.0}, VARIED)
    assert [setting.temperature for setting in found] == [1.0, 4.0]
    one, four = found.values()
    assert one.mean == pytest.approx(0.6)
    assert one.deviation == pytest.approx(0.2 / 2**0.5)
    assert four == Spread((0.9, 0.9))
    assert four.deviation == 0


def test_a_single_seed_has_no_deviation():
    assert Spread((0.5,)).deviation == 0.0


def test_settings_say_what_they_are():
    assert str(Setting("student", 0.1, 2.5)) == "student T = 2.5, α = 0.1"
    assert str(Setting("student", 1.0, 1.0)) == "student labels alone"


def test_a_swept_run_is_read_back_with_every_setting_and_seed(runs):
    folder = run_in(
        runs, small_experiment("strategy.temperatures=[1, 4]", "strategy.seeds=2", strategy="sweep")
    )
    students = swept_students(folder.summary())
    (student,) = students.values()
    assert list(students) == ["student"]
    assert student.architecture == "mlp 8"
    assert [(s.temperature, s.is_baseline) for s in student.test] == [(1, False), (4, False), (1, True)]
    assert all(len(spread.values) == 2 for spread in student.test.values())
    best = max(student.validation.values(), key=lambda spread: spread.mean)
    assert student.validation[student.best] == best


def test_other_runs_hold_no_swept_students(runs):
    assert swept_students(run_in(runs, small_experiment(strategy="supervised")).summary()) == {}
