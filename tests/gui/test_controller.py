"""What the window does with a run, by its folder: the states it tells, in order."""

import builtins

import pytest

from kdstudio.gui.controller import RunController, State
from kdstudio.runs.session import new_session
from tests.gui.conftest import LONGEST
from tests.small import run_in, small_experiment

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


def test_stop_while_preparing_leaves_nothing(qtbot, controller, states, runs, monkeypatch):
    begun = []

    def slow(_experiment, _runs, *, tell, allow_code):
        from kdstudio.engine.events import Preparing

        begun.append(True)
        while True:
            tell(Preparing(what="fetching", fraction=0.0))

    monkeypatch.setattr("kdstudio.gui.controller.new_session", slow)
    controller.run(small_experiment())
    qtbot.waitUntil(lambda: bool(begun))
    qtbot.waitUntil(lambda: controller.doing == "fetching")
    controller.stop()
    assert controller.state is State.STOPPING
    qtbot.waitUntil(lambda: controller.state is State.STOPPED, timeout=LONGEST)
    assert states == [State.PREPARING, State.STOPPING, State.STOPPED]
    assert not controller.is_at_work
    assert controller.folder is None
    assert not runs.exists() or not any(runs.iterdir())


def test_a_failed_import_ends_with_a_message_and_another_run_can_begin(qtbot, controller, monkeypatch):
    load = builtins.__import__

    def refuse(name, *more, **options):
        if name == "kdstudio.engine.context":
            raise ImportError("no torch here")
        return load(name, *more, **options)

    with monkeypatch.context() as patched:
        patched.setattr(builtins, "__import__", refuse)
        with qtbot.waitSignal(controller.failed, timeout=LONGEST) as told:
            controller.run(small_experiment())
    assert "no torch here" in told.args[0]
    assert "ImportError" in told.args[1]
    assert controller.state is State.FAILED
    controller.run(small_experiment(strategy="supervised"))
    qtbot.waitUntil(lambda: controller.state is State.FINISHED, timeout=LONGEST)


def test_one_run_at_a_time(qtbot, controller, runs):
    controller.run(small_experiment(*LONG))
    controller.run(small_experiment(strategy="supervised"))
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    own = controller.folder
    other = run_in(runs, small_experiment(strategy="supervised"), "other")
    controller.follow(other)
    controller.resume_folder(other)
    assert controller.folder == own
    assert {path.name for path in runs.iterdir()} == {own.name, "other"}


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
