"""Holding, letting go on and stopping a run: from its own thread, another one, another process."""

import subprocess
import sys
import threading
import time

import pytest

from kdstudio.errors import KDStudioError
from kdstudio.runs import session as sessions
from kdstudio.runs.control import ask, wish_for
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.session import new_session, resumed_session
from tests.small import create_run, run_in, same_states, small_experiment, weights_in
from tests.waiting import wait_until

LONG = ("networks.student.training.epochs=200",)


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch):
    monkeypatch.setattr(sessions, "LOOK_SECONDS", 0.002)


class Background:
    """A run in another thread."""

    def __init__(self, session):
        self.folder = session.folder
        self.kinds = []
        self.thread = threading.Thread(target=self._work, args=(session,))
        self.thread.start()

    def _work(self, session):
        for event in session.events():
            self.kinds.append(event.kind)

    def wait_for(self, kind):
        wait_until(lambda: kind in self.kinds)

    def join(self):
        self.thread.join(60)
        assert not self.thread.is_alive()
        return [kind for kind in self.kinds if kind.startswith("run-")]


def test_a_run_is_held_goes_on_and_ends_as_if_nothing_had_been(runs):
    whole = run_in(runs, small_experiment(), "whole")
    run = Background(new_session(small_experiment(), runs, "held"))
    run.wait_for("step-done")
    ask(run.folder, "pause")
    run.wait_for("run-paused")
    assert run.folder.summary().status == "paused"
    ask(run.folder, "go on")
    assert run.join() == ["run-started", "run-paused", "run-resumed", "run-done"]
    assert run.kinds[run.kinds.index("run-paused") + 1] == "run-resumed"
    summary = run.folder.summary()
    assert summary.status == "finished"
    assert summary.networks == whole.summary().networks
    assert same_states(weights_in(whole), weights_in(run.folder))
    assert not run.folder.control_file.exists()


def test_a_run_is_stopped_and_resumed(runs):
    run = Background(new_session(small_experiment(*LONG), runs, "run"))
    run.wait_for("step-done")
    ask(run.folder, "stop")
    assert run.join() == ["run-started", "run-stopped"]
    assert run.folder.summary().status == "stopped"
    assert not run.folder.is_running()
    assert run.folder.checkpoint_file.exists()
    assert not run.folder.control_file.exists()
    events = resumed_session(run.folder).events()
    assert next(events).kind == "run-started"
    events.close()


def test_a_run_is_stopped_while_it_is_held_and_the_pause_is_not_counted(runs):
    run = Background(new_session(small_experiment(*LONG), runs, "run"))
    run.wait_for("step-done")
    ask(run.folder, "pause")
    run.wait_for("run-paused")
    time.sleep(0.5)
    ask(run.folder, "stop")
    assert run.join() == ["run-started", "run-paused", "run-resumed", "run-stopped"]
    told = {
        e.kind: e.seconds
        for e in run.folder.events()
        if e.kind.startswith("run-p") or e.kind == "run-stopped"
    }
    assert told["run-stopped"] - told["run-paused"] < 0.4
    assert run.folder.summary().seconds == told["run-stopped"]


def test_whoever_iterates_can_end_a_held_run_too(runs):
    session, stopping = new_session(small_experiment(), runs, "run"), []
    events = session.events(stopping=lambda: bool(stopping))
    next(events)
    ask(session.folder, "pause")
    assert next(event.kind for event in events if event.kind.startswith("run")) == "run-paused"
    stopping.append(True)
    assert [event.kind for event in events] == ["run-resumed", "run-stopped"]


def test_a_run_that_is_done_is_neither_held_nor_stopped_any_more(runs):
    session, kinds = new_session(small_experiment(strategy="supervised"), runs, "run"), []
    for event in session.events():
        kinds.append(event.kind)
        if event.kind == "run-done":
            ask(session.folder, "pause")
    assert kinds[-1] == "run-done"
    assert session.folder.summary().status == "finished"
    assert not session.folder.control_file.exists()


def test_a_stop_wished_while_a_resumption_is_prepared_is_obeyed(runs):
    session = new_session(small_experiment(*LONG), runs, "run")
    events = session.events()
    next(event for event in events if event.kind == "epoch-done")
    ask(session.folder, "pause")
    events.close()
    assert wish_for(session.folder) == "go on"
    session.folder.control_file.write_text("pause")  # left by a process that died
    again = resumed_session(session.folder, lambda _event: ask(session.folder, "stop"))
    assert [event.kind for event in again.events()] == ["run-started", "run-stopped"]


@pytest.mark.parametrize("wish", ["pause", "go on", "stop"])
def test_where_nothing_runs_there_is_nothing_to_wish(runs, wish):
    folder = create_run(runs, small_experiment(), "idle")
    with pytest.raises(KDStudioError, match=f"run 'idle' is not running, so it cannot {wish}"):
        ask(folder, wish)
    assert not folder.control_file.exists()


@pytest.mark.parametrize("text", ["", "dance", "pau"])
def test_what_is_no_wish_changes_nothing(runs, text):
    folder = create_run(runs, small_experiment(), "idle")
    assert wish_for(folder) == "go on"
    folder.control_file.write_text(text)
    assert wish_for(folder) == "go on"


@pytest.mark.slow
def test_a_run_of_another_process_is_held_and_stopped(runs):
    options = ["--set", "networks.student.training.epochs=9999", "--quiet", "--name", "far"]
    command = [sys.executable, "-m", "kdstudio", "run", "digits-hinton", *options]
    folder = RunFolder(runs / "far")

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            wait_until(lambda: folder.summary_file.exists() and folder.is_running())
            ask(folder, "pause")
            wait_until(lambda: folder.summary().status == "paused")
            ask(folder, "go on")
            wait_until(lambda: folder.summary().status == "running")
            ask(folder, "stop")
            assert process.wait(60) == 130
        finally:
            process.kill()
    assert folder.summary().status == "stopped"
