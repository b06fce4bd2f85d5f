import pytest

from kdstudio.engine.views import Comparison
from kdstudio.runs import comparison
from tests.results import row, run, scores
from tests.small import create_run, run_in, small_experiment


@pytest.fixture
def folders(runs):
    """Two finished runs, oldest first, that differ in two settings and in their names."""
    return [
        run_in(runs, small_experiment("strategy.temperature=2", "name=warm"), "warm"),
        run_in(runs, small_experiment("strategy.baseline=false", "name=cold"), "cold"),
    ]


def summaries(folders):
    return [folder.summary() for folder in folders]


def test_only_what_differs_is_told(folders):
    assert comparison.differing_settings(summaries(folders)) == {
        "strategy.temperature": ["2.0", "4.0"],
        "strategy.baseline": ["True", "False"],
    }


def test_options_are_said_as_people_read_them():
    options = {"name": "hinton", "temperature": 8.0, "baseline": True, "teacher_weights": [], "seed": None}
    said = "temperature 8, baseline on, teacher weights none, seed none"
    assert comparison.spoken_options(options) == said


def test_equal_runs_differ_in_nothing(folders):
    one = folders[0].summary()
    assert comparison.differing_settings([one, one]) == {}


def test_a_setting_that_a_run_does_not_have_is_a_dash(runs, folders):
    other = create_run(runs, small_experiment(strategy="supervised"), "other").summary()
    found = comparison.differing_settings([folders[0].summary(), other])
    assert found["strategy.name"] == ["hinton", "supervised"]
    assert found["strategy.alpha"] == ["0.1", "–"]


def test_several_names_lose_their_dates():
    names = ("20260101-120000-mine", "plain", "7-", "20260101-old")
    runs = [run(name=name) for name in names]
    assert comparison.short_names(runs) == ["mine", "plain", "7-", "old"]
    assert comparison.short_names(runs[:1]) == [names[0]]


def test_runs_of_one_name_keep_the_time():
    names = ("20260101-120000-mine", "20260101-130000-mine")
    assert comparison.short_names([run(name=name) for name in names]) == ["120000-mine", "130000-mine"]


def test_the_main_result_is_of_the_kind_that_the_strategy_says_and_best_on_validation():
    rows = (
        row("donor", 0.9),
        row("twin", 0.95),
        row("clone", 0.6, 0.8, depth=1),
        row("clone", 0.5, 0.9, depth=2),
    )
    found = run(*rows, comparison=Comparison(result="clone", control="twin", reference="donor"))
    names = list(found.networks)
    assert comparison.main_result(found, names) == "clone depth-2"
    assert comparison.main_reference(found, names) == "donor"


def test_labels_of_classes_left_out_choose_no_main_result():
    first, second = row("student", 0.5, 0.9, depth=1), row("student", 0.5, 0.8, depth=2)
    last = second.last_epoch.model_copy(update={"seen": scores(0.95)})
    second = second.model_copy(update={"last_epoch": last})
    assert comparison.main_result(run(first, second), [first.name, second.name]) == second.name


def test_without_a_reference_another_result_is_held_against_it():
    found = run(
        row("peer", 0.9, 0.6, way="a"), row("peer", 0.5, 0.7, way="b"), comparison=Comparison(result="peer")
    )
    names = list(found.networks)
    assert comparison.main_result(found, names) == names[1]
    assert comparison.main_reference(found, names) == names[0]
    assert comparison.main_reference(found, names[1:]) == names[1]


def test_a_result_is_held_against_the_teacher_of_its_own_trial():
    teachers = [row("teacher", 0.9, seed=seed) for seed in (0, 1)]
    found = run(*teachers, row("student", 0.5, 0.6, seed=0), row("student", 0.5, 0.8, seed=1))
    names = list(found.networks)
    assert comparison.main_result(found, names) == "student seed-1"
    assert comparison.main_reference(found, names) == "teacher seed-1"
    assert comparison.main_reference(found, names, "student seed-0") == "teacher seed-0"
    shared = run(row("teacher", 0.9), row("student", 0.5, seed=0), row("student", 0.5, seed=1))
    assert comparison.main_reference(shared, list(shared.networks), "student seed-1") == "teacher"


def test_networks_without_a_row_can_be_looked_at_too():
    assert comparison.main_result(run(), ["one", "two"]) == "two"


def test_the_main_control_is_of_the_same_trial_and_a_control_has_none():
    rows = [row("teacher", 0.9)]
    rows += [row(kind, 0.5, seed=seed) for seed in (0, 1) for kind in ("control", "student")]
    found = run(*rows)
    names = list(found.networks)
    assert comparison.main_control(found, names, "student seed-1") == "baseline seed-1"
    assert comparison.main_control(found, ["student seed-1", "baseline seed-0"], "student seed-1") == (
        "baseline seed-0"
    )
    for name in ("teacher", "baseline seed-0", "nobody"):
        assert comparison.main_control(found, names, name) is None
    assert comparison.main_control(found, ["student seed-0"], "student seed-0") is None


def test_a_control_of_another_setting_is_no_control():
    sweep = {"strategy.temperature": 4}
    rows = [row("control", 0.5, **{"strategy.temperature": 1}), row("student", 0.5, **sweep)]
    found = run(*rows)
    assert comparison.main_control(found, list(found.networks), rows[1].name) is None
