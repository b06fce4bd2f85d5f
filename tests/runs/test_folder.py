import json
import os
from pathlib import Path

import pytest
from filelock import FileLock

from kdstudio.engine.events import RunDone
from kdstudio.errors import KDStudioError
from kdstudio.runs.finding import find_run
from kdstudio.runs.folder import RunFolder, default_runs_folder, run_folders
from tests.small import create_run, small_experiment


@pytest.fixture
def run(runs):
    return create_run(runs, small_experiment(), "first")


def aged(runs, *names):
    """Runs of these names, each made a second after the one before."""
    for second, name in enumerate(names):
        made = create_run(runs, small_experiment(), name)
        os.utime(made.path / "experiment.toml", (second, second))


def test_a_run_that_nobody_runs_is_interrupted(run):
    assert run.summary().status == "interrupted"


def test_a_run_is_running_while_somebody_holds_its_lock(run):
    with FileLock(run.path / ".lock"):
        assert run.is_running()
        assert run.summary().status == "running"
        with pytest.raises(KDStudioError, match="run 'first' is running; stop it first"):
            run.delete()
    assert not run.is_running()


def test_a_summary_that_says_finished_is_believed(run):
    summary = json.loads(run.summary_file.read_text()) | {"status": "finished"}
    run.summary_file.write_text(json.dumps(summary))
    assert run.summary().status == "finished"


def test_a_half_written_last_line_is_left_out(run):
    whole = [RunDone(seconds=float(number)) for number in range(3)]
    lines = [event.model_dump_json() + "\n" for event in whole]
    run.events_file.write_text("".join(lines) + lines[0][:9])
    assert list(run.events()) == whole


def test_a_folder_that_is_no_run_is_named(tmp_path):
    with pytest.raises(KDStudioError, match=f"'{tmp_path}' is not a run: it has no summary.json"):
        RunFolder(tmp_path).summary()


@pytest.mark.parametrize("content", ["", "{", '{"status": "odd"}'])
def test_a_damaged_summary_is_named(run, content):
    run.summary_file.write_text(content)
    with pytest.raises(
        KDStudioError,
        match=r"run 'first' is damaged: summary.json cannot be read: .*; 'kdstudio ch",
    ):
        run.summary()


def test_a_deleted_run_is_gone(run, runs):
    run.delete()
    assert not run.path.exists()
    assert run_folders(runs) == []


def test_only_networks_with_a_card_are_networks(run):
    for name in ("student", "student.best", "hint", "teacher"):
        (run.path / "networks" / f"{name}.safetensors").touch()
    for name in ("student", "student.best", "teacher"):
        (run.path / "networks" / f"{name}.json").touch()
    assert run.networks() == ["student", "teacher"]


def test_runs_are_listed_newest_first_and_nothing_else_is(runs):
    assert run_folders(runs) == []
    aged(runs, "b", "c", "a")
    (runs / "no-run").mkdir()
    (runs / "file").touch()
    assert [run.name for run in run_folders(runs)] == ["a", "c", "b"]


def test_a_run_that_has_lost_its_experiment_is_listed_and_says_so(runs):
    aged(runs, "whole", "half")
    (runs / "half" / "experiment.toml").unlink()
    assert [run.name for run in run_folders(runs)] == ["half", "whole"]
    half = RunFolder(runs / "half")
    assert half.summary().status == "interrupted"
    with pytest.raises(KDStudioError, match=r"experiment.toml' cannot be read: No such file .*'kdst"):
        half.experiment()


def test_runs_are_found_by_name_beginning_path_and_latest(runs):
    aged(runs, "digits-1", "mnist", "digits-10")
    assert find_run("digits-1", runs).name == "digits-1"
    assert find_run("mn", runs).name == "mnist"
    assert find_run("latest", runs).name == "digits-10"
    assert find_run(str(runs / "mnist"), Path("/nowhere")).path == runs / "mnist"


def test_runs_that_were_made_before_another_are_found_alone(runs):
    aged(runs, "digits-1", "digits-2", "digits-3")
    own = RunFolder(runs / "digits-2")
    assert find_run("latest", runs, before=own).name == "digits-1"
    assert find_run("digits", runs, before=own).name == "digits-1"
    assert find_run(str(runs / "digits-3"), runs, before=own).name == "digits-3", "a path is what it says"
    with pytest.raises(KDStudioError, match="no run 'digits-2'"):
        find_run("digits-2", runs, before=own)
    with pytest.raises(KDStudioError, match="there are none yet"):
        find_run("latest", runs, before=RunFolder(runs / "digits-1"))


def test_whether_a_deleted_run_is_running_makes_no_folder(run):
    run.delete()
    assert not run.is_running()
    assert not run.path.exists()


def test_an_ambiguous_beginning_is_answered_with_the_runs(runs):
    aged(runs, "digits-1", "digits-2")
    with pytest.raises(KDStudioError, match="several runs begin with 'digits': digits-2, digits-1"):
        find_run("digits", runs)


def test_an_unknown_run_is_answered_with_those_there_are(runs):
    with pytest.raises(KDStudioError, match=r"no run 'latest' in .*; there are none yet"):
        find_run("latest", runs)
    aged(runs, *"abcdefg")
    with pytest.raises(KDStudioError, match=r"no run 'x' in .*; there are g, f, e, d, c and 2 more"):
        find_run("x", runs)


def test_the_runs_folder_is_the_one_named(monkeypatch, runs):
    assert default_runs_folder() == runs
    monkeypatch.delenv("KDSTUDIO_RUNS")
    assert default_runs_folder().parts[-2:] == ("kdstudio", "runs")
