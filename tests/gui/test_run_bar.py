"""The bar at the bottom says what goes on, and offers what can be done about it."""

import pytest

from kdstudio.engine.events import EpochDone, RunFailed, RunStarted, StageSummary, StepDone
from kdstudio.gui.controller import RunController, State
from kdstudio.gui.run_bar import SIGNS, RunBar, ordinal
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from tests.results import doubt
from tests.small import small_experiment


@pytest.fixture
def controller(qapp, runs):
    return RunController(runs)


@pytest.fixture
def bar(qtbot, controller):
    bar = RunBar(controller)
    qtbot.addWidget(bar)
    return bar


def enter(controller, state):
    controller.state = state
    controller.state_changed.emit(state)


def enabled(bar):
    buttons = (bar.run_button, bar.pause_button, bar.stop_button)
    return [button.text() for button in buttons if button.isEnabled()]


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (State.READY, ["Run"]), (State.PREPARING, ["Run", "Stop"]),
        (State.RUNNING, ["Run", "Pause", "Stop"]), (State.PAUSED, ["Run", "Resume", "Stop"]),
        (State.STOPPING, ["Run"]), (State.FINISHED, ["Run"]), (State.STOPPED, ["Run"]),
        (State.INTERRUPTED, ["Run"]), (State.FAILED, ["Run"]),
    ],
)  # fmt: skip
def test_each_state_has_its_words_and_buttons(bar, controller, state, buttons):
    enter(controller, state)
    assert bar.state.text() == f"{SIGNS[state]}  {state.value}"
    assert enabled(bar) == buttons


def test_while_a_run_of_the_queue_goes_on_another_one_is_put_in_line(bar, controller, monkeypatch):
    monkeypatch.setattr(RunController, "is_at_work", True)
    enter(controller, State.RUNNING)
    assert enabled(bar) == ["Add to queue", "Pause", "Stop"]
    assert bar.run_button.shortcut().toString() == "Ctrl+R"


@pytest.mark.parametrize("state", [State.STOPPED, State.INTERRUPTED])
def test_what_was_left_in_mid_run_can_be_resumed(bar, controller, runs, qtbot, state):
    controller.follower = RunFollower(RunFolder(runs))
    enter(controller, state)
    assert enabled(bar) == ["Run", "Resume"]
    with qtbot.waitSignal(bar.resume_wanted):
        bar.pause_button.click()


def test_a_run_that_failed_can_go_on_once_what_it_says_is_mended(bar, controller, runs):
    controller.follower = RunFollower(RunFolder(runs))
    enter(controller, State.FAILED)  # of a preparation, say: the run in sight has not failed
    assert enabled(bar) == ["Run"]
    controller.follower.state.add(RunFailed(message="the disk is full", details=""))
    enter(controller, State.FAILED)
    assert enabled(bar) == ["Run", "Resume"]


def test_a_run_that_does_not_stop_can_be_ended(bar, controller, monkeypatch):
    ended = []
    monkeypatch.setattr(controller, "end_now", lambda: ended.append(True))
    enter(controller, State.STOPPING)
    assert enabled(bar) == ["Run"]
    monkeypatch.setattr(RunController, "is_stuck", True)
    bar._show_facts()
    assert enabled(bar) == ["Run", "End it now"]
    bar.stop_button.click()
    assert ended == [True]
    monkeypatch.setattr(RunController, "is_stuck", False)
    enter(controller, State.INTERRUPTED)
    assert bar.stop_button.text() == "Stop"


def test_what_waits_is_counted_and_leads_to_the_queue(bar, controller, qtbot, monkeypatch):
    monkeypatch.setattr(controller.watch._workers, "work", lambda _entries: None)
    assert bar.waiting.isHidden()
    controller.watch.change(lambda queue: [queue.add(small_experiment()) for _ in range(2)])
    assert bar.waiting.text() == "2 waiting"
    controller.queued.emit(3)
    assert bar.waiting.text() == "Queued: 3rd in line"
    controller.watch.change(lambda queue: queue.hold(held=True))
    bar._told.stop()
    bar._told.timeout.emit()
    assert bar.waiting.text() == "2 waiting, paused"
    assert bar.run_button.text() == "Add to queue"
    with qtbot.waitSignal(bar.queue_wanted):
        bar.waiting.click()


@pytest.mark.parametrize(
    ("place", "spoken"), [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (12, "12th"), (21, "21st")]
)
def test_places_are_spoken(place, spoken):
    assert ordinal(place) == spoken


def test_a_form_that_cannot_be_run_forbids_it(bar):
    bar.set_runnable(False)
    assert enabled(bar) == []
    bar.set_runnable(True)
    assert enabled(bar) == ["Run"]


def test_the_pause_button_pauses_and_resumes(bar, controller, monkeypatch):
    asked = []
    monkeypatch.setattr(controller, "pause", lambda: asked.append("pause"))
    monkeypatch.setattr(controller, "resume", lambda: asked.append("go on"))
    for state in (State.RUNNING, State.PAUSED):
        enter(controller, state)
        bar.pause_button.click()
    assert asked == ["pause", "go on"]
    assert bar.pause_button.shortcut().toString() == "Ctrl+P"


def test_progress_names_stage_and_epoch(bar, controller, runs):
    stage = StageSummary(
        name="student", epochs=4, steps_per_epoch=5, batch_size=2, terms=("label loss",),
        updates=(("label loss",),), trained=("student",), frozen=(), parameters={"student": 3}, heads={},
        flops_per_step=1e7,
    )  # fmt: skip
    controller.follower = RunFollower(RunFolder(runs))
    started = RunStarted(
        device="cpu", threads=1, precision="float32", class_names=("a", "b"), training_images=10,
        validation_images=2, test_images=2, stages=(stage, stage),
    )  # fmt: skip
    told = {"stage": 0, "epoch": 2, "step": 10, "seconds": 3.0, "images_per_second": 1234.5}
    told |= {"losses": {}, "weights": {}, "learning_rate": 0.1}
    step = StepDone(**told)
    for event in (started, step):
        controller.run_state.add(event)
    enter(controller, State.RUNNING)
    assert bar.where.text() == "stage 1 of 2: student  ·  epoch 2 of 4"
    assert bar.bar.value() == 250
    for shown in ("1,234 images/s", "cpu", " left"):
        assert shown in bar.facts.text()
    controller.run_state.add(EpochDone(**told | {"epoch": 3, "step": 15}, validation={}))
    controller.happened.emit([])
    assert bar.bar.value() == 375
    assert bar.state.text() == f"{SIGNS[State.RUNNING]}  Running"
    controller.run_state.add(doubt())
    controller.happened.emit([])
    assert bar.state.text() == f"{SIGNS[State.RUNNING]}  ! Running, with 1 warning"
    enter(controller, State.FINISHED)
    assert bar.state.text() == f"{SIGNS[State.FINISHED]}  ! Finished, with 1 warning"
    assert bar.where.text() == "all 2 stages done"


def test_while_it_prepares_the_bar_moves_and_says_what_is_done(bar, controller, monkeypatch):
    monkeypatch.setattr(RunController, "doing", "downloading MNIST")
    enter(controller, State.PREPARING)
    assert bar.where.text() == "downloading MNIST"
    assert (bar.bar.minimum(), bar.bar.maximum()) == (0, 0)
    enter(controller, State.RUNNING)
    assert bar.bar.maximum() == 1000
