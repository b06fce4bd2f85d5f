"""The run bar's word says why nothing can be run, why a run failed, or what came out."""

import pytest

from kdstudio.engine.events import RunDone, RunFailed, RunStarted
from kdstudio.gui.controller import RunController, State
from kdstudio.gui.run_word import RunWord, hindrance
from kdstudio.problems import Problem, Refusal
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from tests.results import row

ALPHA = Problem(("strategy", "alpha"), "must be at most 1, not 2")
EPOCHS = Problem(("networks", "teacher", "training", "epochs"), "must be at least 1, not 0")


@pytest.mark.parametrize(
    ("found", "text"),
    [
        ([], ""),
        ([EPOCHS], "teacher epochs: must be at least 1, not 0"),
        ([ALPHA, EPOCHS], "2 fields need mending. α: must be at most 1, not 2"),
        ([Problem((), "the roles do not fit")], "the roles do not fit"),
        ([Refusal(("data", "source", "path"), "no folder 'x'")], "no folder 'x'"),
    ],
)
def test_problems_are_told_by_the_first_and_their_number(found, text):
    assert hindrance(found) == text


@pytest.fixture
def controller(qapp, runs):
    return RunController(runs)


@pytest.fixture
def word(qtbot, controller):
    word = RunWord(controller)
    qtbot.addWidget(word)
    return word


def led(qtbot, word):
    """Where a click leads."""
    found = []
    for name in ("mend_wanted", "failure_wanted", "outcome_wanted"):
        getattr(word, name).connect(lambda name=name: found.append(name))
    word.click()
    return found


def follow(controller, runs, *events, state):
    controller.follower = RunFollower(RunFolder(runs / "some-run"))
    started = RunStarted(
        device="cpu", threads=1, precision="float32", class_names=("a", "b"), training_images=10,
        validation_images=2, test_images=2, stages=(),
    )  # fmt: skip
    for event in (started, *events):
        controller.run_state.add(event)
    controller.state = state
    controller.followed.emit()


def test_at_first_there_is_none(word):
    assert word.isHidden()
    assert not word.is_instead


def test_what_hinders_comes_first_and_leads_to_the_field(word, qtbot, controller, runs):
    follow(controller, runs, RunFailed(message="no room", details=""), state=State.FAILED)
    word.show_problems([ALPHA])
    assert word.whole == "Cannot run: α: must be at most 1, not 2"
    assert word.property("mistake")
    assert word.is_instead
    assert led(qtbot, word) == ["mend_wanted"]


def test_a_failure_is_told_until_it_is_forgotten(word, qtbot, controller, runs):
    follow(controller, runs, RunFailed(message="no room; make some", details=""), state=State.FAILED)
    assert word.whole == "no room; make some"
    assert led(qtbot, word) == ["failure_wanted"]
    controller.forget_failure()
    assert controller.state is State.READY
    assert word.isHidden()


def test_a_failure_before_there_was_a_run_is_told_too(word, controller):
    controller.state = State.FAILED
    controller.failed.emit("no such data", "")
    assert word.whole == "no such data"


def test_what_came_out_is_told_at_the_end(word, qtbot, controller, runs):

    follow(controller, runs, state=State.RUNNING)
    controller.run_state.networks["student"] = row("student", 0.97)
    assert word.isHidden()
    controller.run_state.add(RunDone(seconds=2))
    controller.state = State.FINISHED
    controller.happened.emit([])
    assert word.whole == "student 30 errors of 1,000; 97.00% right"
    assert not word.property("mistake")
    assert led(qtbot, word) == ["outcome_wanted"]
