"""What the window does with runs, by their queue and their folders: the states it tells, in order."""

import os
import signal

import pytest

from kdstudio.gui.controller import RunController, State
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue.queue import Queue, most_workers
from kdstudio.runs.session import new_session
from tests.gui.conftest import LONGEST
from tests.models.faulty_networks import FAULTY, LEARNS, RAISING_LATE, Faulty, network
from tests.small import run_in, same_states, small_experiment, weights_in
from tests.workers import (
    fail_at_once,
    fetch_for_ever,
    fill_the_disk,
    lose_torch,
    meet_a_full_disk_once,
    nothing,
)

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


def look_again(qtbot, controller):
    """Wait until the queue has been looked at three times more, at each of which a worker might begin."""
    looks, look = [], controller.watch.look
    controller.watch.look = lambda: looks.append(look())
    qtbot.waitUntil(lambda: len(looks) > 2, timeout=LONGEST)
    del controller.watch.look


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
    controller.resume()
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    controller.stop()
    assert controller.state is State.STOPPING
    qtbot.waitUntil(lambda: controller.state is State.STOPPED, timeout=LONGEST)
    assert states == [
        State.PREPARING, State.RUNNING, State.PAUSED, State.RUNNING, State.STOPPING, State.STOPPED,
    ]  # fmt: skip
    assert controller.folder.checkpoint_file.exists()
    kinds = [event.kind for event in controller.folder.events()]
    assert kinds[kinds.index("run-paused") + 1] == "run-resumed"


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
    look_again(qtbot, controller)
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


def test_a_run_whose_disk_is_full_tells_why_and_goes_on_when_there_is_room(qtbot, controller, hook, runs):
    hook(meet_a_full_disk_once)
    with qtbot.waitSignal(controller.failed, timeout=LONGEST) as told:
        controller.run(small_experiment())
    assert "No space left on device); make room there, then resume the run" in told.args[0]
    assert controller.state is State.FAILED
    assert controller.folder.summary().error == told.args[0]
    controller.resume_folder(controller.folder)
    qtbot.waitUntil(lambda: controller.state is State.FINISHED, timeout=LONGEST)
    assert same_states(weights_in(controller.folder), weights_in(run_in(runs, small_experiment(), "whole")))


def test_where_nothing_can_be_written_it_is_told_once_and_no_worker_begins_until_something_is_wished(
    qtbot, controller, hook, runs
):
    hook(fill_the_disk)
    told = []
    controller.failed.connect(lambda message, _details: told.append(message))
    controller.run(small_experiment())
    waiting = controller.watch.queue.add(small_experiment(strategy="supervised"))
    qtbot.waitUntil(lambda: bool(told), timeout=LONGEST)
    look_again(qtbot, controller)
    assert told == [
        f"nothing can be written to {runs}; make room there, or let it be written to, then resume what is "
        "interrupted"
    ]
    assert controller.state is State.INTERRUPTED
    assert [entry.state for entry in controller.watch.queue.entries()] == ["interrupted", "waiting"]
    hook(nothing)
    controller.resume_folder(controller.folder)
    qtbot.waitUntil(lambda: controller.watch.find(waiting.key).state == "done", timeout=LONGEST)
    assert [entry.state for entry in controller.watch.queue.entries()] == ["done", "done"]


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
    ends = ["stopped", "done", "done"]  # the last one was over already
    qtbot.waitUntil(lambda: [entry.state for entry in controller.watch.entries] == ends, timeout=LONGEST)
    assert states.count(State.PREPARING) >= 2


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


def test_the_run_of_a_killed_worker_goes_on_in_the_next_one(qtbot, controller, states):
    controller.run(small_experiment("networks.teacher.training.epochs=40"))
    controller.run(small_experiment(strategy="supervised"))
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    killed = controller.folder
    os.kill(controller.process, signal.SIGKILL)
    qtbot.waitUntil(lambda: State.INTERRUPTED in states, timeout=2_000)
    ends = ["done", "done"]
    qtbot.waitUntil(lambda: [entry.state for entry in controller.watch.entries] == ends, timeout=LONGEST)
    first, second = controller.watch.entries
    assert (first.run, first.tries, first.deaths, second.tries) == (killed.name, 2, 1, 1)
    assert killed.summary().status == "finished"


@pytest.mark.parametrize("fault", ["exits in top", "interrupts in before"])
def test_code_that_goes_wrong_fails_its_run_with_file_and_line(qtbot, controller, tmp_path, fault):
    faulty = FAULTY[fault]
    with qtbot.waitSignal(controller.failed, timeout=LONGEST) as told:
        controller.run(small_experiment(faulty.write(tmp_path)), allow_code=True)
    assert controller.state is State.FAILED
    assert faulty.place(tmp_path) in told.args[0]


def test_code_that_ends_the_program_interrupts_its_run_alone(qtbot, controller, tmp_path):
    ending = Faulty(network(late=f"if {LEARNS}: os._exit(0)"), "")
    controller.run(small_experiment(ending.write(tmp_path), strategy="supervised"), allow_code=True)
    qtbot.waitUntil(lambda: controller.state is State.INTERRUPTED, timeout=LONGEST)
    assert not controller.is_at_work


@pytest.mark.parametrize("place", ["build", "late"])
def test_a_run_that_never_stops_can_be_ended(qtbot, controller, tmp_path, monkeypatch, place):
    monkeypatch.setattr("kdstudio.gui.following.STUCK_SECONDS", 0.3)
    when = LEARNS if place == "late" else "True"
    act = f"if {when}: open({str(tmp_path / 'began')!r}, 'w').close(); [0 for _ in iter(int, 1)]"
    hanging = Faulty(network(**{place: act}), "").write(tmp_path)
    controller.run(small_experiment(hanging, strategy="supervised"), allow_code=True)
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


@pytest.fixture
def two_at_once(controller):
    """Two runs that go on beside each other."""
    if most_workers() < 2:
        pytest.skip("needs two cores")
    controller.watch.change(lambda queue: queue.want_workers(2))
    return controller


def both_run(controller):
    running = controller.watch.running
    return len(running) == 2 and all(entry.run and not entry.doing for entry in running)


def test_two_runs_go_on_at_once_and_either_can_be_followed_and_stopped(qtbot, two_at_once, states):
    controller, places = two_at_once, []
    controller.queued.connect(places.append)
    for number in (1, 2):
        controller.run(small_experiment(f"name=run{number}", *LONG))
    qtbot.waitUntil(lambda: both_run(controller), timeout=LONGEST)
    assert len(places) == 1
    first, second = controller.watch.queue.entries()
    runs = controller.watch.queue.runs
    assert controller.folder == RunFolder(runs / first.run)
    controller.follow(RunFolder(runs / second.run))
    assert controller.folder == RunFolder(runs / second.run)
    assert controller.process == second.worker
    controller.stop()
    qtbot.waitUntil(lambda: controller.watch.find(second.key).state == "stopped", timeout=LONGEST)
    qtbot.waitUntil(lambda: controller.folder == RunFolder(runs / first.run), timeout=LONGEST)
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    controller.stop()
    qtbot.waitUntil(lambda: controller.state is State.STOPPED, timeout=LONGEST)


def test_a_run_that_fails_beside_the_one_followed_is_told_by_its_name(qtbot, two_at_once, tmp_path):
    controller, told = two_at_once, []
    controller.failed.connect(lambda message, _details: told.append(message))
    controller.run(small_experiment(*LONG))
    qtbot.waitUntil(lambda: controller.state is State.RUNNING, timeout=LONGEST)
    followed = controller.folder
    faulty = next(iter(RAISING_LATE.values()))
    controller.run(small_experiment("name=beside", faulty.write(tmp_path)), allow_code=True)
    qtbot.waitUntil(lambda: bool(told), timeout=LONGEST)
    assert told[0].startswith("beside: ")
    assert (controller.folder, controller.state) == (followed, State.RUNNING)


def test_leaving_keeps_all_runs_of_this_window_with_checkpoints(qtbot, two_at_once):
    controller = two_at_once
    for _number in range(2):
        controller.run(small_experiment(*LONG))
    qtbot.waitUntil(lambda: both_run(controller), timeout=LONGEST)
    controller.leave()
    assert controller.state is State.STOPPING
    qtbot.waitUntil(lambda: not controller.is_own, timeout=LONGEST)
    queue = controller.watch.queue
    assert [entry.state for entry in queue.entries()] == ["interrupted"] * 2
    assert all(RunFolder(queue.runs / entry.run).checkpoint_file.exists() for entry in queue.entries())
    assert not queue.has_worker
