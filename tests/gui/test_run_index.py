"""The list that all pages share: looked at again by itself, and at once when asked."""

import shutil
import threading

import pytest

from kdstudio.gui.run_index import SharedIndex
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.index import RunIndex
from tests.small import create_run, small_experiment


@pytest.fixture
def index(qapp, runs):
    runs.mkdir()
    return SharedIndex(runs)


def names(index):
    return [run.name for run in index.summaries]


@pytest.mark.slow
def test_runs_that_come_change_and_go_are_told_within_two_seconds(qtbot, index, runs):
    with qtbot.waitSignal(index.changed, timeout=2000):
        folder = create_run(runs, small_experiment(), "run")
    assert names(index) == ["run"]
    before = index.summaries[folder]
    with qtbot.waitSignal(index.changed, timeout=2000):
        text = folder.summary_file.read_text().replace('"epoch": 0', '"epoch": 5')
        folder.summary_file.write_text(text)
    assert (before.epoch, index.summaries[folder].epoch) == (0, 5)
    with qtbot.waitSignal(index.changed, timeout=2000):
        folder.delete()
    assert names(index) == []


def test_nothing_is_told_while_nothing_changes(qtbot, index, runs):
    create_run(runs, small_experiment(), "run")
    index.look_now()
    with qtbot.assertNotEmitted(index.changed, wait=1500):
        index.look_now()


def test_looking_now_waits_for_it_and_tells_once(index, runs):
    told = []
    index.changed.connect(lambda: told.append(names(index)))
    create_run(runs, small_experiment(), "run")
    assert names(index) == []
    index.look_now()
    assert names(index) == ["run"]
    assert told == [["run"]]


def test_what_the_pages_read_changes_only_when_it_is_told(qtbot, index, runs, monkeypatch):
    folder = create_run(runs, small_experiment(), "run")
    index.look_now()
    refresh, looked = RunIndex.refresh, threading.Event()

    def look(own):
        refresh(own)
        looked.set()

    qtbot.waitUntil(lambda: not index._job.is_busy)
    monkeypatch.setattr(RunIndex, "refresh", look)
    shutil.rmtree(folder.path)
    with qtbot.waitSignal(index.changed, timeout=20_000):
        index._look()
        assert looked.wait(10)  # no event is processed meanwhile
        assert names(index) == ["run"]
    assert names(index) == []


def test_a_folder_that_is_not_there_holds_no_runs(qapp, tmp_path):
    index = SharedIndex(tmp_path / "nowhere")
    index.look_now()
    assert index.summaries == {}
    assert RunFolder(tmp_path) not in index.summaries
