"""Whatever keeps an experiment from running leads to the field that is to be mended."""

import pytest

from kdstudio.engine.events import RunFailed
from kdstudio.gui.controller import State
from tests.gui.conftest import LONGEST

RATE = ("networks", "student", "training", "optimizer", "learning_rate")


def focused(window):
    """Name of the field that the window would type into."""
    return window.focusWidget().accessibleName()


def test_a_value_out_of_range_forbids_run_and_a_click_leads_to_it(window):
    window.show_page("Live")
    window.draft.set(("strategy", "alpha"), 2.0)
    assert not window.run_bar.run_button.isEnabled()
    assert window.run_bar.word.whole == "Cannot run: α: must be less than or equal to 1, not 2.0"
    assert window.run_bar.where.isHidden()
    window.run_bar.word.click()
    assert window.stack.currentWidget() is window.page("Experiment")
    assert focused(window) == "strategy Alpha α"
    window.draft.set(("strategy", "alpha"), 0.5)
    assert window.run_bar.run_button.isEnabled()
    assert window.run_bar.word.isHidden()
    assert not window.run_bar.where.isHidden()


def test_what_the_data_refuse_forbids_run_too_until_something_is_changed(window, qtbot):
    digits = window.draft.value(("data", "source"))
    window.draft.choose(("data", "source"), {"name": "folder", "path": "/nowhere/cats"})
    assert window.run_bar.run_button.isEnabled()
    qtbot.waitUntil(lambda: bool(window.draft.problems), timeout=LONGEST)
    assert not window.run_bar.run_button.isEnabled()
    assert window.run_bar.word.whole.startswith("Cannot run: no folder '/nowhere/cats'; name one")
    window.run()
    assert not window.controller.is_at_work
    window.run_bar.word.click()
    assert focused(window) == "data source Folder"
    form = window.page("Experiment").form.form_with("data", "source", "path")
    assert "no folder" in form.error("data", "source", "path")
    window.draft.choose(("data", "source"), digits)
    assert window.run_bar.run_button.isEnabled()
    window.draft.choose(("data", "source"), {"name": "folder", "path": "/nowhere/cats"})
    qtbot.waitUntil(lambda: bool(window.draft.problems), timeout=LONGEST)


def test_changed_and_changed_back_it_is_still_refused(window, qtbot):
    window.draft.set(("compute", "device"), "cuda:77")
    qtbot.waitUntil(lambda: bool(window.draft.problems), timeout=LONGEST)
    window.draft.set(("seed",), 1)
    assert window.run_bar.run_button.isEnabled()
    window.draft.set(("seed",), 0)
    assert not window.run_bar.run_button.isEnabled()
    assert "cuda:77" in window.run_bar.word.whole


@pytest.fixture
def failed(window):
    """The window after a run that has failed before it had a folder."""
    window.controller.blamed = RATE
    window.controller._enter(State.FAILED)
    window.controller.failed.emit("the loss is nan; lower the learning rate", "Traceback")
    return window


def test_a_failure_leads_to_its_field(failed):
    assert failed.error.remedy.text() == "Lower the learning rate."
    failed.error.mend_button.click()
    assert failed.error is None
    assert focused(failed) == "networks student training optimizer Learning rate"


def test_a_failure_can_be_read_again(failed):
    failed.error.reject()
    assert failed.run_bar.word.whole == "the loss is nan; lower the learning rate"
    failed.run_bar.word.click()
    assert failed.error.details.toPlainText() == "Traceback"
    failed.error.reject()


def test_the_next_preset_clears_the_failure(failed):
    failed.error.reject()
    failed.page("Experiment").load("digits-born-again")
    assert failed.controller.state is State.READY
    assert failed.run_bar.word.isHidden()
    assert failed.run_bar.where.text() == "Press Run to train what the form describes"


def test_a_failure_of_another_experiment_leads_nowhere(failed, runs):
    from kdstudio.runs.log import RunFollower
    from tests.small import create_run, small_experiment

    failed.error.reject()
    follower = RunFollower(create_run(runs, small_experiment(), "other"))
    follower.state.add(RunFailed(message="no room", details="", field=RATE))
    failed.controller.follower = follower
    failed.controller.failed.emit("no room", "")
    assert not failed.error.mend_button.isVisible()
    failed.error.reject()
    failed.draft.set(("name",), "small")
    failed.controller.failed.emit("no room", "")
    assert failed.error.mend_button.isVisible()
    failed.error.reject()
