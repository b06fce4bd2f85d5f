"""Following a run: by its own process, by another, over a resumption, and after it is gone."""

import shutil
import subprocess
import sys
import time

import pytest

from kdstudio.engine.events import CheckpointSaved, RunDone, StepDone
from kdstudio.errors import KDStudioError
from kdstudio.runs import log
from kdstudio.runs.folder import STEP, RunFolder
from kdstudio.runs.log import RunFollower
from kdstudio.runs.session import new_session, resumed_session
from kdstudio.runs.state import RunState
from tests.small import create_run, run_in, same_states, small_experiment, weights_in

SETTINGS = ("compute.threads=1", "networks.teacher.training.epochs=2", "networks.student.training.epochs=3")


def folded(folder):
    """The state that the whole log amounts to."""
    state = RunState()
    for event in folder.events():
        state.add(event)
    return state


@pytest.fixture
def folder(runs):
    return create_run(runs, small_experiment(), "run")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A run of which every step is in the log."""
    session = new_session(small_experiment(*SETTINGS), tmp_path_factory.mktemp("runs"), "run")
    list(session.events())
    return session.folder


def append(folder, text):
    with folder.events_file.open("a") as file:
        file.write(text)


def test_a_log_is_read_as_it_grows(runs):
    session = new_session(small_experiment(), runs, "run")
    follower, found = RunFollower(session.folder), []
    assert follower.poll() == []
    for event in session.events():
        told = [each for each in follower.poll() if not isinstance(each, CheckpointSaved)]
        (latest,) = told or [event]  # quick preparations are not written
        assert latest == event.model_copy(update={"confusions": {}} if hasattr(event, "confusions") else {})
        found.append(latest)
        assert follower.poll() == []
    assert follower.state == folded(session.folder)
    assert follower.state.status == "finished"


def test_half_a_line_waits_for_its_other_half(folder):
    follower, line = RunFollower(folder), RunDone(seconds=2.0).model_dump_json() + "\n"
    append(folder, line[:9])
    assert follower.poll() == []
    append(folder, line[9:-1])
    assert follower.poll() == []
    append(folder, "\n" + line + line[:3])
    assert follower.poll() == [RunDone(seconds=2.0)] * 2
    append(folder, line[3:])
    assert follower.poll() == [RunDone(seconds=2.0)]


def test_where_a_resumed_run_lacks_what_was_read_the_state_begins_anew(runs):
    session = new_session(small_experiment(), runs, "run")
    follower, events = RunFollower(session.folder), session.events()
    next(event for event in events if event.kind == "stage-done")
    content = session.folder.checkpoint_file.read_bytes()
    next(event for event in events if event.kind == "epoch-done")
    events.close()
    session.folder.checkpoint_file.write_bytes(content)  # as if the process had died
    follower.poll()
    assert follower.state.status == "stopped"
    again = resumed_session(session.folder)
    found = follower.poll()
    assert [event.kind for event in found[-2:]] == ["stage-done", "checkpoint-saved"]
    assert (follower.state.status, follower.state.stage) == ("running", 0)
    list(again.events())
    follower.poll()
    assert follower.state == folded(session.folder)


def test_a_log_that_is_resumed_twice_unseen_is_still_told_apart(runs):
    session = new_session(small_experiment(), runs, "run")
    follower = RunFollower(session.folder)
    for _time in range(3):
        events = session.events()
        next(event for event in events if event.kind == "epoch-done")
        events.close()
        if _time == 0:
            follower.poll()
        session = resumed_session(session.folder)
    list(session.events())
    follower.poll()
    assert follower.state == folded(session.folder)


def test_a_deleted_run_tells_nothing_more_and_stays_deleted(runs):
    folder = run_in(runs, small_experiment(strategy="supervised"))
    follower = RunFollower(folder)
    follower.poll()
    before = follower.state
    shutil.rmtree(folder.path)
    assert follower.poll() == []
    assert follower.state is before
    assert not folder.is_running()
    with pytest.raises(KDStudioError, match="is not a run"):
        folder.summary()
    assert not folder.path.exists()


@pytest.mark.slow
def test_a_run_of_another_process_is_followed_to_its_end(runs):
    options = [word for setting in SETTINGS for word in ("--set", setting)]
    command = [sys.executable, "-m", "kdstudio", "run", "digits-hinton", *options, "--quiet", "--name", "far"]
    folder = RunFolder(runs / "far")
    found, polls = [], 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while not (folder.summary_file.exists() and folder.summary().status == "running"):
            assert process.poll() is None
            time.sleep(0.01)
        follower = RunFollower(folder)
        while not follower.state.is_over:
            assert process.poll() is None or polls < 10_000
            events = follower.poll()
            found += events
            polls += bool(events)
            time.sleep(0.005)
        assert process.wait(60) == 0
    assert polls > 3
    assert found == list(folder.events())
    assert follower.state == folded(folder)
    assert follower.state.status == folder.summary().status == "finished"


def test_of_very_many_steps_some_are_read_and_all_else_is_what_it_is(finished, monkeypatch):
    whole = folded(finished)
    steps = [event for event in finished.events() if isinstance(event, StepDone)]
    monkeypatch.setattr(log, "WHOLE", finished.events_file.stat().st_size // 3)
    follower = RunFollower(finished)
    read = [event for event in follower.poll() if isinstance(event, StepDone)]
    assert len(steps) / 5 < len(read) < len(steps) / 2
    assert [event for event in steps if event in read] == read
    thinned, curves = follower.state, follower.state.curves
    assert (curves.accuracy, curves.shares, curves.speed) == (
        whole.curves.accuracy,
        whole.curves.shares,
        whole.curves.speed,
    )
    for key, series in whole.curves.losses.items():
        few = curves.losses[key]
        assert 1 < len(few.x) < len(series.x)
        assert set(zip(few.x, few.y, strict=True)) < set(zip(series.x, series.y, strict=True))
        assert (few.x[-1], few.y[-1]) == (series.x[-1], series.y[-1])
    thinned.curves = whole.curves
    assert thinned == whole
    assert follower.poll() == []


def test_a_run_that_is_in_the_middle_of_its_steps_tells_of_the_latest(finished, folder, monkeypatch):
    lines = finished.events_file.read_bytes().splitlines(keepends=True)
    last = max(place for place, line in enumerate(lines) if b"step-done" in line)
    folder.events_file.write_bytes(b"".join(lines[: last + 1]) + lines[last][:20])
    monkeypatch.setattr(log, "WHOLE", folder.events_file.stat().st_size // 50)
    follower = RunFollower(folder)
    follower.poll()
    whole = folded(folder)
    assert (follower.state.epoch, follower.state.seconds) == (whole.epoch, whole.seconds)
    assert follower.state.fraction == whole.fraction
    append(folder, lines[last][20:].decode())
    assert [event.kind for event in follower.poll()] == ["step-done"]


def test_of_a_log_that_grows_too_long_older_steps_are_left_out_alone(finished, folder, monkeypatch):
    lines = finished.events_file.read_bytes().splitlines(keepends=True)
    steps = [line for line in lines if line.startswith(STEP)]
    monkeypatch.setattr(log, "LONGEST", 8000)
    written, follower, seen = log.EventLog(folder.events_file), RunFollower(folder), []
    for line in lines:
        written.write(line)
        seen += follower.poll()
    written.close()
    assert seen == list(finished.events())  # each once, whatever has been left out meanwhile
    assert follower.state == folded(finished)
    kept = folder.events_file.read_bytes().splitlines(keepends=True)
    assert [line for line in kept if line not in steps] == [line for line in lines if line not in steps]
    assert kept == [line for line in lines if line in kept]
    left = [line for line in kept if line in steps]
    assert 5 < len(left) < len(steps) * 0.9
    thinned, whole = folded(folder), folded(finished)
    thinned.curves = whole.curves
    assert thinned == whole


def test_a_log_of_steps_alone_has_a_bound(finished, folder, monkeypatch):
    lines = finished.events_file.read_bytes().splitlines(keepends=True)
    step = next(event for event in finished.events() if isinstance(event, StepDone))
    monkeypatch.setattr(log, "LONGEST", 20_000)
    written = log.EventLog(folder.events_file)
    written.write(b"".join(lines[:2]))
    for number in range(5000):
        line = step.model_copy(update={"step": number % 5 + 1, "seconds": float(number)}).model_dump_json()
        written.write(line.encode() + b"\n")
        assert folder.events_file.stat().st_size < 21_000
    written.close()
    told = [event.seconds for event in folder.events() if isinstance(event, StepDone)]
    assert told == sorted(told)
    assert told[-10:] == [float(number) for number in range(4990, 5000)]


def test_where_there_is_no_room_to_write_it_anew_a_log_stays_as_it_is(finished, folder, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    content = finished.events_file.read_bytes()
    monkeypatch.setattr(log, "LONGEST", 1000)
    monkeypatch.setattr(log, "write_atomically", full)
    written = log.EventLog(folder.events_file)
    for line in content.splitlines(keepends=True):
        written.write(line)
    written.close()
    assert folder.events_file.read_bytes() == content


def test_a_run_with_a_log_that_is_bounded_equals_one_without(runs, finished, monkeypatch):
    monkeypatch.setattr(log, "LONGEST", 6000)
    monkeypatch.setattr(log, "WHOLE", 5000)
    session = new_session(small_experiment(*SETTINGS), runs, "pieces")
    while True:
        events = session.events()
        count = sum(1 for _event in zip(range(23), events, strict=False))
        events.close()
        if count < 23:
            break
        session = resumed_session(session.folder)
    assert same_states(weights_in(session.folder), weights_in(finished))
    assert session.folder.summary().networks == finished.summary().networks
    few, all_ = ([e for e in run.events() if isinstance(e, StepDone)] for run in (session.folder, finished))
    assert len(few) < len(all_)
    assert [(e.stage, e.step, e.losses) for e in all_ if e.losses in [f.losses for f in few]] == [
        (e.stage, e.step, e.losses) for e in few
    ]


def test_a_long_log_of_a_former_version_becomes_short_when_its_run_goes_on(runs, finished, monkeypatch):
    session = new_session(small_experiment(*SETTINGS), runs, "long")
    events = session.events()
    next(event for event in events if event.kind == "epoch-done" and event.stage == 2)
    events.close()
    before = session.folder.events_file.stat().st_size
    monkeypatch.setattr(log, "LONGEST", 4000)
    monkeypatch.setattr(log, "WHOLE", 2000)
    again = resumed_session(session.folder)
    monkeypatch.undo()
    assert session.folder.events_file.stat().st_size < 0.8 * before
    assert list(again.events())[-1].kind == "run-done"
    assert same_states(weights_in(session.folder), weights_in(finished))
