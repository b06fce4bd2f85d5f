"""What the window does with runs, by their queue and their folders: the states it tells, in order."""

import os
import signal

import pytest

from kdstudio.gui.controller import RunController, State
from kdstudio.runs.queue.queue import Queue
from kdstudio.runs.session import new_session
from tests.gui.conftest import LONGEST
from tests.small import run_in, small_experiment
from tests.workers import fail_at_once, fetch_for_ever, lose_torch, nothing

LONG = ("networks.teacher.training.epochs=10000",)


@pytest.fixture
def controller(qapp, runs):
    controller = RunController(runs)
    yield controller
    controller.finish()


@pytest.fixture
def states(controller):
    heard = []
    controller.state_changed.connect(heard.append)
    return heard


def test_a_run_is_prepared_runs_and_finishes(qtbot, controller, states):
    kinds = []
    controller.happened.connect(lambda events: kinds.extend(event.kind for event in events))
    controller.run(small_experiment())
    assert controller.state is State.PREPARING
    assert controller.is_at_work
    qtbot.waitUntil(lambda: controller.state is State.FINISHED, timeout=LONGEST)
    assert states[0] is State.PREPARING
    assert states[-1] is State.FINISHED
    assert not controller.is_at_work
    assert (kinds[0], kinds[-1]) == ("run-started", "run-done")
    assert kinds == [event.kind for event in controller.folder.events()]
    assert controller.run_state.status == "finished"


def test_pause_resume_and_stop(qtbot, controller, states):
    controller.run(small_experiment(*LONG))
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    controller.pause()
    qtbot.waitUntil(lambda: controller.state is State.PAUSED, timeout=LONGEST)
    steps = controller.run_state.fraction
    qtbot.wait(200)
    assert controller.run_state.fraction == steps
    controller.resume()
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    controller.stop()
    assert controller.state is State.STOPPING
    qtbot.waitUntil(lambda: controller.state is State.STOPPED, timeout=LONGEST)
    assert states == [
        State.PREPARING, State.RUNNING, State.PAUSED, State.RUNNING, State.STOPPING, State.STOPPED,
    ]  # fmt: skip
    assert controller.folder.checkpoint_file.exists()


def test_a_paused_run_can_be_stopped_and_resumed(qtbot, controller):
    controller.run(small_experiment("networks.teacher.training.epochs=60"))
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    controller.pause()
    qtbot.waitUntil(lambda: controller.state in {State.PAUSED, State.FINISHED}, timeout=LONGEST)
    assert controller.state is State.PAUSED
    controller.stop()
    qtbot.waitUntil(lambda: controller.state is State.STOPPED, timeout=LONGEST)
    folder = controller.folder
    controller.resume_folder(folder)
    qtbot.waitUntil(lambda: controller.state is State.FINISHED, timeout=LONGEST)
    assert controller.folder == folder
    assert len(controller.run_state.curves.accuracy["teacher"].y) == 60


def runs_in(runs):
    return {path.name for path in runs.iterdir() if path.name != ".queue"}


def test_stop_while_preparing_leaves_nothing(qtbot, controller, states, runs, hook):
    hook(fetch_for_ever)
    controller.run(small_experiment())
    qtbot.waitUntil(lambda: controller.doing == "fetching", timeout=LONGEST)
    controller.stop()
    assert controller.state is State.STOPPING
    qtbot.waitUntil(lambda: controller.state is State.STOPPED, timeout=LONGEST)
    assert states == [State.PREPARING, State.STOPPING, State.STOPPED]
    assert not controller.is_at_work
    assert controller.folder is None
    assert not runs_in(runs)


def test_a_failed_import_ends_with_a_message_and_another_run_can_begin(qtbot, controller, hook):
    hook(lose_torch)
    with qtbot.waitSignal(controller.failed, timeout=LONGEST) as told:
        controller.run(small_experiment())
    assert "libtorch_cpu.so" in told.args[0]
    assert "install KD Studio anew" in told.args[0]
    assert "ImportError" in told.args[1]
    assert controller.state is State.FAILED
    qtbot.wait(100)
    assert controller.state is State.FAILED
    with qtbot.waitSignal(controller.failed, timeout=LONGEST):
        controller.run(small_experiment(strategy="supervised"))


def test_a_worker_that_cannot_begin_is_told_once_and_the_queue_waits(qtbot, controller, hook):
    hook(fail_at_once)
    with qtbot.waitSignal(controller.failed, timeout=LONGEST) as told:
        controller.run(small_experiment(strategy="supervised"))
    assert "the queue is paused" in told.args[0]
    assert controller.watch.is_held
    assert controller.doing == "the queue is paused"
    hook(nothing)
    controller.watch.change(lambda queue: queue.hold(held=False))
    qtbot.waitUntil(lambda: controller.state is State.FINISHED, timeout=LONGEST)


def test_what_is_run_meanwhile_waits_its_turn(qtbot, controller, states, runs):
    places = []
    controller.queued.connect(places.append)
    controller.run(small_experiment(*LONG, strategy="hinton"))
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    first = controller.folder
    controller.run(small_experiment(strategy="supervised"))
    controller.resume_folder(run_in(runs, small_experiment(strategy="supervised"), "over"))
    assert places == [1, 2]
    assert controller.folder == first
    controller.follow(first)
    controller.stop()
    with qtbot.waitSignal(controller.failed, timeout=LONGEST) as told:
        pass
    assert "finished; there is nothing to resume" in told.args[0]
    assert [entry.state for entry in controller.watch.entries] == ["stopped", "done", "failed"]
    assert states.count(State.PREPARING) == 3


def test_what_others_put_in_line_is_run_and_followed(qtbot, controller, runs):
    Queue(runs).add(small_experiment(strategy="supervised"))
    qtbot.waitUntil(lambda: controller.state is State.FINISHED, timeout=LONGEST)
    assert controller.folder.summary().status == "finished"


def test_while_the_queue_is_paused_nothing_begins(qtbot, controller):
    places = []
    controller.queued.connect(places.append)
    controller.watch.change(lambda queue: queue.hold(held=True))
    controller.run(small_experiment(strategy="supervised"))
    assert (places, controller.state) == ([1], State.READY)
    controller.watch.change(lambda queue: queue.hold(held=False))
    qtbot.waitUntil(lambda: controller.state is State.FINISHED, timeout=LONGEST)


def test_a_killed_worker_leaves_an_interrupted_run_and_the_next_one_begins(qtbot, controller, states):
    controller.run(small_experiment(*LONG))
    controller.run(small_experiment(strategy="supervised"))
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    killed = controller.folder
    os.kill(controller.process, signal.SIGKILL)
    qtbot.waitUntil(lambda: State.INTERRUPTED in states, timeout=2_000)
    qtbot.waitUntil(lambda: controller.state is State.FINISHED, timeout=LONGEST)
    assert [entry.state for entry in controller.watch.entries] == ["interrupted", "done"]
    assert controller.folder != killed
    assert killed.summary().status == "interrupted"


def test_a_run_that_never_stops_can_be_ended(qtbot, controller, tmp_path, monkeypatch):
    monkeypatch.setattr("kdstudio.gui.following.STUCK_SECONDS", 0.3)
    (tmp_path / "mine.py").write_text(
        "import time\nfrom pathlib import Path\n"
        f"def build():\n    Path({str(tmp_path / 'began')!r}).touch()\n    time.sleep(1000)\n"
    )
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    controller.run(small_experiment(model), allow_code=True)
    qtbot.waitUntil((tmp_path / "began").exists, timeout=LONGEST)
    controller.stop()
    assert not controller.is_stuck
    qtbot.waitUntil(lambda: controller.is_stuck, timeout=LONGEST)
    assert controller.state is State.STOPPING
    controller.end_now()
    assert controller.state is State.INTERRUPTED
    assert not controller.is_at_work
    controller.run(small_experiment(strategy="supervised"))
    qtbot.waitUntil(lambda: controller.state is State.FINISHED, timeout=LONGEST)


def test_a_run_of_another_process_is_ruled_by_its_folder(qtbot, controller, runs):
    session = new_session(small_experiment("networks.teacher.training.epochs=50"), runs, "elsewhere")
    events = session.events()
    for _number in range(3):
        next(events)
    controller.follow(session.folder)
    assert controller.state is State.RUNNING
    assert not controller.is_at_work
    controller.pause()
    while next(events).kind != "run-paused":
        pass
    qtbot.waitUntil(lambda: controller.state is State.PAUSED, timeout=LONGEST)
    controller.stop()
    assert controller.state is State.STOPPING
    assert [event.kind for event in events][-1] == "run-stopped"
    qtbot.waitUntil(lambda: controller.state is State.STOPPED, timeout=LONGEST)


def test_following_another_run_begins_with_what_it_did(controller, runs):
    folder = run_in(runs, small_experiment(strategy="supervised"), "before")
    followed, happened = [], []
    controller.followed.connect(lambda: followed.append(controller.folder))
    controller.happened.connect(happened.append)
    controller.follow(folder)
    assert controller.state is State.FINISHED
    assert followed == [folder]
    assert happened[0][-1].kind == "run-done"
    controller.follow(folder)
    assert len(followed) == 1


def test_wishes_to_a_run_that_nobody_runs_do_no_harm(controller, runs):
    controller.pause()
    controller.stop()
    assert controller.state is State.READY
    controller.follow(run_in(runs, small_experiment(strategy="supervised"), "over"))
    controller.pause()
    controller.stop()
    assert controller.state is State.FINISHED


def test_the_end_of_the_window_stops_the_run_and_keeps_it(qtbot, controller):
    controller.run(small_experiment(*LONG))
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    controller.finish()
    assert controller.state is State.STOPPED
    assert not controller.is_at_work
    assert controller.folder.summary().status == "stopped"
    assert controller.folder.checkpoint_file.exists()
