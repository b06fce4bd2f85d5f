"""The live page over runs of this window, of another process, and of yesterday."""

import os
import subprocess
import sys

import pytest

from kdstudio.gui.controller import State
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.log import RunFollower
from tests.results import doubt
from tests.small import run_in, small_experiment

LONGEST = 60_000


@pytest.fixture
def page(window):
    window.show_page("Live")
    return window.page("Live")


def test_a_run_that_ended_yesterday_shows_its_curves(qtbot, runs, window):
    folder = run_in(runs, small_experiment(), "yesterday")
    window.index.look_now()
    window.show_page("Live")
    page = window.page("Live")
    qtbot.waitUntil(lambda: page.run is not None and page.run.folder == folder, timeout=LONGEST)
    qtbot.waitUntil(lambda: bool(page.plots.accuracy._curves), timeout=LONGEST)
    assert page.run.state.curves.accuracy.keys() == {"teacher", "baseline", "student"}
    assert window.controller.state is State.READY


@pytest.mark.slow
def test_any_run_can_be_chosen_and_another_one_beside_it(qtbot, runs, window):
    first, second = (run_in(runs, small_experiment(), name) for name in ("first", "second"))
    window.index.look_now()
    window.show_page("Live")
    page = window.page("Live")
    page.run_box.setCurrentIndex(page.run_box.findText("first"))
    page.run_box.activated.emit(page.run_box.currentIndex())
    assert page.run.folder == first
    assert window.controller.state is State.FINISHED
    page.beside_box.setCurrentIndex(page.beside_box.findText("second"))
    page.beside_box.activated.emit(page.beside_box.currentIndex())
    assert (page.run.folder, page.plots.beside.folder) == (first, second)
    qtbot.waitUntil(lambda: len(page.plots.accuracy._curves) == 6, timeout=LONGEST)


@pytest.mark.slow
def test_a_run_of_another_process_appears_moves_and_can_be_stopped(qtbot, runs, window, page):
    epochs = [w for role in ("teacher", "student")
              for w in ("--set", f"networks.{role}.training.epochs=4000")]  # fmt: skip
    command = [sys.executable, "-m", "kdstudio", "run", "digits-hinton", "--name", "elsewhere", *epochs]
    with subprocess.Popen(
        command, env={**os.environ, "KDSTUDIO_RUNS": str(runs)}, stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            qtbot.waitUntil(
                lambda: page.run is not None and page.run.folder.name == "elsewhere", timeout=LONGEST
            )
            qtbot.waitUntil(lambda: window.controller.state is State.RUNNING, timeout=LONGEST)
            accuracy = page.run.state.curves.accuracy
            qtbot.waitUntil(lambda: len(accuracy.get("teacher", page).y) > 3
                            if "teacher" in accuracy else False, timeout=LONGEST)  # fmt: skip
            assert not window.controller.is_at_work
            assert window.run_bar.run_button.isEnabled()
            window.controller.pause()
            qtbot.waitUntil(lambda: window.controller.state is State.PAUSED, timeout=LONGEST)
            window.controller.resume()
            qtbot.waitUntil(lambda: window.controller.state is State.RUNNING, timeout=LONGEST)
            window.controller.stop()
            qtbot.waitUntil(lambda: window.controller.state is State.STOPPED, timeout=LONGEST)
        finally:
            process.kill()
    folder = RunFolder(runs / "elsewhere")
    assert folder.summary().status == "stopped"
    assert folder.checkpoint_file.exists()


def test_a_run_that_its_process_has_left_is_interrupted(qtbot, runs, window, page):
    folder = run_in(runs, small_experiment(), "killed")
    lines = folder.events_file.read_bytes().splitlines(keepends=True)
    folder.events_file.write_bytes(b"".join(lines[:-1]))
    window.controller.follow(folder)
    qtbot.waitUntil(lambda: window.controller.state is State.INTERRUPTED, timeout=LONGEST)


def test_what_makes_a_run_doubtful_is_told_above_its_curves_and_gone_with_another_run(qtbot, runs, window):
    doubtful = run_in(runs, small_experiment("data.validation=0.05"), "doubtful")
    window.index.look_now()
    window.show_page("Live")
    page = window.page("Live")
    qtbot.waitUntil(lambda: page.run is not None and page.run.folder == doubtful, timeout=LONGEST)
    assert doubtful.summary().warnings
    assert not page.warnings.isHidden()
    assert all(w.title.replace("'", "&#x27;") in page.warnings.text.text() for w in page.run.state.warnings)
    page._show(RunFollower(RunFolder(runs / "not there")))
    assert page.warnings.isHidden()


@pytest.mark.slow
@pytest.mark.parametrize(("height", "is_open"), [(800, True), (700, False)])
def test_in_a_low_window_warnings_leave_the_room_to_the_curves(window, page, height, is_open):
    window.resize(1024, height)
    page.warnings.show_warnings([doubt()])
    assert page.warnings.is_open is is_open


def test_what_came_out_stands_above_the_curves_and_leads_on(runs, window, qtbot):
    folder = run_in(runs, small_experiment(), "over")
    window.index.look_now()
    page = window.page("Live")
    window.show_page("Live")
    qtbot.waitUntil(lambda: page.run is not None and page.run.folder == folder, timeout=LONGEST)
    errors = [folder.summary().networks[name].test.errors for name in ("teacher", "baseline", "student")]
    assert page.result.sentence.text().startswith(
        "teacher {}, baseline {}, student {} errors of 450: ".format(*errors)
    )
    for name in ("Compare", "Temperature", "Export"):
        window.show_page("Live")
        page.result.buttons[name].click()
        assert window.stack.currentWidget() is window.page(name)
    assert window.page("Export").picker.run == folder
    page._show(RunFollower(RunFolder(runs / "not there")))
    assert page.result.isHidden()


def test_what_is_prepared_is_shown_by_name_and_never_with_the_figures_of_another_run(runs, window, page):
    run_in(runs, small_experiment(), "before")
    window.index.look_now()
    controller, watch = window.controller, window.controller.watch
    entry = watch.queue.add(small_experiment("name=next"))
    for prepared, told in (
        (entry.with_state("running", doing="reading the data"), "Preparing: reading the data"),
        (entry.with_state("failed", message="no room; make some"), "Failed: no room; make some"),
    ):
        if prepared.state == "running":
            controller._take(prepared)
        else:
            controller._end(prepared)
        page._poll()
        window.index.changed.emit()
        assert page.is_coming
        assert "next" in page.coming.text()
        assert told in page.coming.text()
        assert page.run_box.placeholderText() == "next"
        assert page.run_box.currentIndex() == -1
        assert not page.plots.isVisible()
        assert not page.use_button.isEnabled()
    page.choose(RunFolder(runs / "before"))
    assert not page.is_coming
    assert page.plots.isVisible()
    assert page.run_box.currentText() == "before"
