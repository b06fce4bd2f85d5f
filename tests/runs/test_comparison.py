import pytest

from kdstudio.runs import comparison
from kdstudio.runs.folder import create_run, run_folders
from tests.results import run
from tests.small import run_in, small_experiment


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


def test_equal_runs_differ_in_nothing(folders):
    one = folders[0].summary()
    assert comparison.differing_settings([one, one]) == {}


def test_a_setting_that_a_run_does_not_have_is_a_dash(runs, folders):
    other = create_run(runs, small_experiment(strategy="supervised"), "other").summary()
    found = comparison.differing_settings([folders[0].summary(), other])
    assert found["strategy.name"] == ["hinton", "supervised"]
    assert found["strategy.alpha"] == ["0.1", "–"]


def test_several_names_lose_their_dates():
    names = ("20260101-120000-mine", "plain", "7-")
    runs = [run(name=name) for name in names]
    assert comparison.short_names(runs) == ["120000-mine", "plain", "7-"]
    assert comparison.short_names(runs[:1]) == [names[0]]


def test_teacher_baseline_and_student_come_before_the_others(folders):
    summary = folders[1].summary()
    networks = dict.fromkeys(("zebra", "student", "ant", "teacher"), summary.networks["student"])
    found = comparison.network_names([summary.model_copy(update={"networks": networks})])
    assert found == ["teacher", "student", "ant", "zebra"]


def test_damaged_runs_are_left_out(runs, folders):
    create_run(runs, small_experiment(), "damaged").summary_file.write_text("{")
    found = comparison.readable_runs(run_folders(runs))
    assert {folder.name for folder in found} == {"warm", "cold"}
    assert all(summary.name == folder.name for folder, summary in found.items())
