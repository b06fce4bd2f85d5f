"""A new run's folder is there whole and held, or not at all."""

import json
import sys

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs import beginning
from kdstudio.runs.beginning import begin_run
from kdstudio.runs.folder import run_folders
from tests.small import create_run, small_experiment


@pytest.fixture
def run(runs):
    return create_run(runs, small_experiment(), "first")


def test_a_new_run_holds_its_experiment_and_a_summary(run, runs):
    assert run.path == runs / "first"
    assert run.experiment() == small_experiment()
    summary = json.loads(run.summary_file.read_text())
    assert (summary["name"], summary["status"], summary["networks"]) == ("first", "running", {})
    assert summary["experiment"]["name"] == "small"
    assert run.networks() == []
    assert list(run.events()) == []


def test_a_run_without_a_name_is_called_by_time_and_experiment(runs):
    one, other = (create_run(runs, small_experiment()) for _number in range(2))
    assert one.name.endswith("-small")
    assert len(one.name) == len("20250101-120000-small")
    assert one.name != other.name


def test_a_name_is_used_once(run, runs):
    with pytest.raises(KDStudioError, match=r"there is a run 'first' in .* already; choose another name"):
        create_run(runs, small_experiment(), "first")


class Killed(BaseException):
    pass


def test_a_run_whose_making_was_killed_is_not_there_and_its_name_is_free(runs, monkeypatch):
    def die(*_arguments, **_options):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(beginning.Path, "rename", die)
        patch.setattr(beginning.shutil, "rmtree", die)
        with pytest.raises(Killed):
            create_run(runs, small_experiment(), "first")
    assert [file.name[0] for file in runs.iterdir()] == ["."]
    assert run_folders(runs) == []
    assert create_run(runs, small_experiment(), "first").summary().name == "first"


def test_a_name_that_another_takes_meanwhile_is_numbered_or_refused(runs, monkeypatch):
    rename = beginning.Path.rename

    def late(aside, to):
        if not to.name.endswith("-2"):
            (to / "another").mkdir(parents=True)
        return rename(aside, to)

    monkeypatch.setattr(beginning.Path, "rename", late)
    made = create_run(runs, small_experiment())
    assert made.name.endswith("-small-2")
    assert made.summary().name == made.name
    with pytest.raises(KDStudioError, match="there is a run 'mine'"):
        create_run(runs, small_experiment(), "mine")


@pytest.mark.parametrize("name", ["../out", "a/b", "..", ".hidden", "/tmp/x", "x" * 300])
def test_a_name_that_is_no_folder_name_is_refused(runs, name):
    with pytest.raises(KDStudioError):
        create_run(runs, small_experiment(), name)
    assert list(runs.iterdir()) == []


def test_a_runs_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(KDStudioError, match=f"the runs folder {tmp_path}/file/runs cannot be written"):
        create_run(tmp_path / "file" / "runs", small_experiment())


@pytest.mark.skipif(sys.platform == "win32", reason="there an open file keeps its folder from being renamed")
@pytest.mark.parametrize("name", ["", "mine"])
def test_a_new_run_is_running_from_the_instant_at_which_it_is_there(runs, monkeypatch, name):
    rename, seen = beginning.Path.rename, []

    def look(aside, to):
        renamed = rename(aside, to)
        seen.extend(run.read().status for run in run_folders(runs))
        return renamed

    monkeypatch.setattr(beginning.Path, "rename", look)
    made, lock = begin_run(runs, small_experiment(), name)
    assert seen == ["running"]
    assert made.is_running()
    lock.release()
    assert made.read().status == "interrupted"
    with made.hold():
        assert made.is_running()


def test_where_what_is_open_cannot_be_moved_the_run_is_held_right_after(runs, monkeypatch):
    monkeypatch.setattr(beginning, "MOVES_WHAT_IS_OPEN", False)
    made, lock = begin_run(runs, small_experiment(), "mine")
    with lock:
        assert made.is_running()
    lock.release()
    assert not made.is_running()


def test_nobody_holds_what_could_not_be_made(runs, run):
    with pytest.raises(KDStudioError, match="choose another name"):
        begin_run(runs, small_experiment(), "first")
    assert [path.name for path in runs.iterdir()] == ["first"]
    assert not run.is_running()
