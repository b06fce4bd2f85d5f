"""From the preset to the exported file, as a person does it."""

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QPushButton

from kdstudio.gui.controller import State
from kdstudio.gui.pages import PAGES
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.queue.process import WorkerProcess
from kdstudio.runs.queue.queue import Queue, most_workers
from kdstudio.runs.weights import load_network
from tests.gui.conftest import LONGEST, press
from tests.small import small_experiment


@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_the_rail_turns_to_every_page(window, qtbot, name):
    press(qtbot, window.rail.buttons[name])
    assert window.stack.currentWidget() is window.page(name)
    assert window.page(name).isVisible()


def test_every_control_that_shows_no_text_has_an_accessible_name(window):
    from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit

    window.make_pages()
    for kind in (QAbstractButton, QComboBox, QLineEdit):
        for widget in window.findChildren(kind):
            if widget.objectName().startswith("qt_") or isinstance(widget.parent(), QComboBox):
                continue
            shown = widget.text() if isinstance(widget, QAbstractButton) else ""
            assert widget.accessibleName() or shown, widget


@pytest.mark.slow
def test_choose_preset_change_temperature_run_pause_resume_finish_compare_export(
    window, qtbot, wait_for, tmp_path
):
    press(qtbot, window.page("Experiment").gallery.button("digits-hinton"))
    window.draft.set(("seeds",), 1)
    for role in ("teacher", "student"):
        window.draft.set(("networks", role, "training", "epochs"), 6)
    editor = (
        window.page("Experiment").form.form_with("strategy", "temperature").editor("strategy", "temperature")
    )
    editor.control.clear()
    qtbot.keyClicks(editor.control, "8")
    assert window.draft.experiment.strategy.temperature == 8
    assert "8²" in window.page("Experiment").outlook.formula.text()

    press(qtbot, window.run_bar.run_button)
    assert wait_for(State.RUNNING) is State.RUNNING
    assert window.stack.currentWidget() is window.page("Live")
    press(qtbot, window.run_bar.pause_button)
    assert wait_for(State.PAUSED, State.FINISHED) is State.PAUSED
    assert window.run_bar.pause_button.text() == "Resume"
    press(qtbot, window.run_bar.pause_button)
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED

    curves = window.controller.run_state.curves
    assert set(curves.accuracy) == {"teacher", "baseline", "student"}
    assert {key.term for key in curves.losses if key.stage == "student"} == {"label loss", "soft loss"}
    assert all(len(series.y) == 6 for series in curves.accuracy.values())
    qtbot.waitUntil(lambda: bool(window.page("Live").plots.losses._curves))

    window.show_page("Compare")
    assert window.page("Compare").table.model().rowCount() == 1
    assert set(window.page("Compare").figures.bars._values) == {"teacher", "baseline", "student"}
    assert window.page("Compare").buttons["export"].isEnabled()
    press(qtbot, window.page("Compare").buttons["export"])
    assert window.stack.currentWidget() is window.page("Export")
    window.page("Export").destination.folder_line.setText(str(tmp_path / "out"))
    for name in ("teacher", "baseline"):
        window.page("Export").networks.boxes[name].click()
    with qtbot.waitSignal(window.page("Export").exported, timeout=LONGEST) as told:
        press(qtbot, window.page("Export").button)
    module, card = load_network(told.args[0].paths[-1])
    original, _ = load_network(window.controller.folder.network_file("student"))
    images = torch.randn(5, *card.image)
    assert torch.equal(module(images), original(images))


@pytest.mark.slow
def test_stop_leaves_a_run_that_can_be_resumed_from_the_compare_page(window, qtbot, wait_for):
    for role in ("teacher", "student"):
        window.draft.set(("networks", role, "training", "epochs"), 30)
    window.run()
    wait_for(State.RUNNING)
    press(qtbot, window.run_bar.stop_button)
    assert wait_for(State.STOPPED, State.FINISHED) is State.STOPPED
    assert not window.run_bar.stop_button.isEnabled()
    assert window.run_bar.run_button.isEnabled()
    window.show_page("Compare")
    assert window.page("Compare").buttons["resume"].isEnabled()
    press(qtbot, window.page("Compare").buttons["resume"])
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    assert len(window.controller.run_state.curves.accuracy["teacher"].y) == 30
    assert window.controller.folder.summary().status == "finished"


@pytest.mark.slow
def test_a_second_run_follows_the_first(finished, wait_for):
    finished.run()
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    finished.show_page("Compare")
    assert finished.page("Compare").table.model().rowCount() == 2


@pytest.mark.slow
def test_runs_are_compared_by_the_settings_in_which_they_differ(finished, wait_for):
    finished.draft.set(("strategy", "temperature"), 3.0)
    finished.run()
    wait_for(State.FINISHED)
    finished.show_page("Compare")
    finished.page("Compare").table.selectAll()
    text = finished.page("Compare").notes.toPlainText()
    assert "strategy.temperature" in text
    assert "networks" not in text


@pytest.mark.slow
def test_an_experiment_that_fails_is_one_dialog_and_the_window_lives_on(window, qtbot, wait_for, tmp_path):
    window.draft.choose(("data", "source"), {"name": "mnist", "folder": str(tmp_path / "nowhere")})
    window.run()
    assert wait_for(State.FAILED, State.FINISHED) is State.FAILED
    assert "KDSTUDIO_DATA" in window.error.message
    window.error.reject()
    assert window.error is None
    assert window.run_bar.run_button.isEnabled()
    window.draft.load("digits-hinton")
    window.draft.set(("networks", "teacher", "training", "epochs"), 1)
    window.draft.set(("networks", "student", "training", "epochs"), 1)
    window.run()
    assert wait_for(State.FAILED, State.FINISHED) is State.FINISHED


def test_a_runs_folder_that_cannot_be_written_is_told(window, qtbot, wait_for, tmp_path):
    (tmp_path / "file").touch()
    window.controller.watch.queue = Queue(tmp_path / "file" / "runs")
    window.run()
    assert wait_for(State.FAILED, State.FINISHED) is State.FAILED
    assert "runs folder" in window.error.message


def test_corrupt_weights_are_told(window, wait_for, tmp_path):
    weights = tmp_path / "teacher.safetensors"
    weights.write_bytes(b"no weights")
    window.draft.choose(("networks", "teacher", "weights"), {"origin": "file", "path": str(weights)})
    window.run()
    assert wait_for(State.FAILED, State.FINISHED) is State.FAILED
    assert "safetensors" in window.error.message


def test_closing_during_a_run_asks_and_then_saves_a_checkpoint(window, qtbot, wait_for, runs):
    window.draft.set(("networks", "teacher", "training", "epochs"), 500)
    window.run()
    wait_for(State.RUNNING)
    window.close()
    assert window.isVisible()
    box = window.findChild(QMessageBox)
    leave = next(b for b in box.findChildren(QPushButton) if "quit" in b.text().lower())
    press(qtbot, leave)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=30_000)
    folder = window.controller.folder
    assert folder.summary().status == "stopped"
    assert folder.checkpoint_file.exists()
    assert [entry.state for entry in Queue(runs).set_aside()] == ["interrupted"]


@pytest.mark.slow
def test_going_on_instead_of_quitting_keeps_the_run(window, qtbot, wait_for):
    window.draft.set(("networks", "teacher", "training", "epochs"), 20)
    window.run()
    wait_for(State.RUNNING)
    window.close()
    box = window.findChild(QMessageBox)
    press(qtbot, next(b for b in box.findChildren(QPushButton) if "on" in b.text().lower().split()))
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    assert window.isVisible()


def answer(qtbot, window, word):
    box = window.findChild(QMessageBox)
    press(qtbot, next(b for b in box.findChildren(QPushButton) if word in b.text()))


@pytest.mark.slow
def test_closing_can_leave_the_runs_to_go_on_without_the_window(window, qtbot, wait_for, runs):
    window.run()
    wait_for(State.RUNNING)
    window.run()
    window.close()
    answer(qtbot, window, "without the window")
    assert not window.isVisible()
    window.finish()
    queue = Queue(runs)
    qtbot.waitUntil(lambda: [entry.state for entry in queue.entries()] == ["done"] * 2, timeout=LONGEST)
    qtbot.waitUntil(lambda: not queue.has_worker, timeout=LONGEST)


@pytest.mark.slow
def test_two_runs_at_once_are_looked_at_in_turns_and_both_kept_when_the_window_closes(
    window, qtbot, wait_for, runs
):
    if most_workers() < 2:
        pytest.skip("needs two cores")
    queue = Queue(runs)
    queue.want_workers(2)
    window.draft.set(("networks", "teacher", "training", "epochs"), 10_000)
    for _number in range(2):
        window.run()
    watch = window.controller.watch
    qtbot.waitUntil(lambda: sum(bool(entry.run) for entry in watch.running) == 2, timeout=LONGEST)
    qtbot.waitUntil(lambda: window.run_bar.waiting.text() == "2 running", timeout=LONGEST)
    first, second = (RunFolder(runs / entry.run) for entry in queue.entries())
    window.look_at(second)
    assert window.stack.currentWidget() is window.page("Live")
    assert window.page("Live").shown_run == window.controller.folder == second
    window.page("Live").choose(first)
    assert window.page("Live").shown_run == window.controller.folder == first
    assert wait_for(State.RUNNING) is State.RUNNING
    window.close()
    answer(qtbot, window, "quit")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONGEST)
    assert [entry.state for entry in queue.entries()] == ["interrupted"] * 2
    assert first.checkpoint_file.exists()
    assert second.checkpoint_file.exists()


def test_a_run_of_another_worker_lets_the_window_close_and_is_followed_when_it_opens(
    qtbot, open_window, runs
):
    Queue(runs).add(small_experiment("networks.teacher.training.epochs=10000"))
    other = WorkerProcess(runs)
    other.work()
    qtbot.waitUntil(lambda: Queue(runs).has_worker, timeout=LONGEST)
    window = open_window()
    assert window.left.isHidden()
    qtbot.waitUntil(lambda: window.controller.state is State.RUNNING, timeout=LONGEST)
    assert window.close()
    other.leave()
    assert other.wait(60)


@pytest.mark.slow
def test_three_runs_queued_window_closed_and_opened_all_done(window, qtbot, open_window, wait_for):
    window.draft.set(("networks", "teacher", "training", "epochs"), 40)
    window.run()
    wait_for(State.RUNNING)
    window.draft.set(("networks", "teacher", "training", "epochs"), 1)
    for temperature in (2.0, 3.0):
        window.draft.set(("strategy", "temperature"), temperature)
        window.run()
    assert window.run_bar.waiting.text() == "Queued: 2nd in line"
    assert window.stack.currentWidget() is window.page("Live")
    window.close()
    answer(qtbot, window, "quit")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=LONGEST)
    window.finish()

    again = open_window()
    assert again.left.text.text() == "From before: 1 interrupted run, 2 waiting runs"
    qtbot.wait(100)
    assert again.controller.state is State.READY
    press(qtbot, again.left.buttons["Go on"])
    assert again.left.isHidden()
    watch = again.controller.watch
    qtbot.waitUntil(lambda: [entry.state for entry in watch.entries] == ["done"] * 3, timeout=LONGEST)
    again.index.look_now()
    assert len(again.index.summaries) == 3
    assert {summary.status for summary in again.index.summaries.values()} == {"finished"}


@pytest.mark.parametrize(("word", "left"), [("Not now", ["set aside"]), ("Remove them", [])])
def test_what_another_day_has_left_need_not_go_on(qtbot, open_window, runs, word, left):
    Queue(runs).add(small_experiment())
    window = open_window()
    assert window.left.text.text() == "From before: 1 waiting run"
    press(qtbot, window.left.buttons[word])
    assert window.left.isHidden()
    assert [entry.state for entry in Queue(runs).entries()] == left
    assert window.close()


def test_code_of_another_day_is_asked_for_again(qtbot, open_window, runs, tmp_path):
    (tmp_path / "mine.py").touch()
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    Queue(runs).add(small_experiment(model), allow_code=True)
    window = open_window()
    press(qtbot, window.left.buttons["Go on"])
    answer(qtbot, window, "Cancel")
    assert [(entry.state, entry.allow_code) for entry in Queue(runs).entries()] == [("set aside", False)]
    assert window.left.isVisible()


@pytest.mark.slow
@pytest.mark.parametrize("choice", ["light", "dark", "system"])
def test_every_page_is_painted_in_every_scheme(finished, theme, choice):
    theme.choose(choice)
    for name in PAGES:
        finished.show_page(name)
        picture = finished.grab().toImage()
        background = picture.pixelColor(picture.width() - 3, 3).lightness()
        assert (background < 128) == theme.is_dark


@pytest.mark.slow
def test_shortcuts_run_pause_and_stop(window, qtbot, wait_for):
    window.draft.set(("networks", "teacher", "training", "epochs"), 300)
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    wait_for(State.RUNNING)
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    assert wait_for(State.PAUSED, State.FINISHED) is State.PAUSED
    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)
    wait_for(State.RUNNING)
    qtbot.keyClick(window, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    assert wait_for(State.STOPPED, State.FINISHED) is State.STOPPED


@pytest.mark.slow
def test_code_of_the_users_runs_only_after_a_yes(window, qtbot, wait_for, tmp_path):
    code = tmp_path / "mine.py"
    code.write_text(
        "from pathlib import Path\n"
        "from torch import nn\n"
        f"Path({str(tmp_path / 'ran')!r}).touch()\n"
        "def build(image, classes):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(image.height * image.width, classes))\n"
    )
    window.draft.choose(("networks", "student", "model"), {"name": "python", "path": f"{code}:build"})
    window.run()
    box = window.findChild(QMessageBox)
    assert "mine.py" in box.text()
    press(qtbot, next(b for b in box.findChildren(QPushButton) if "Cancel" in b.text()))
    assert window.controller.state is State.READY
    assert not (tmp_path / "ran").exists()
    qtbot.waitUntil(lambda: window.findChild(QMessageBox) is None)
    window.run()
    box = window.findChild(QMessageBox)
    press(qtbot, next(b for b in box.findChildren(QPushButton) if "Run this code" in b.text()))
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    assert (tmp_path / "ran").exists()


@pytest.mark.slow
def test_seeds_and_a_sweep_from_the_form_to_the_export(window, qtbot, wait_for):
    form = window.page("Experiment").form
    seeds = form.form_with("seeds").editor("seeds").control
    seeds.clear()
    qtbot.keyClicks(seeds, "2")
    form.sweep.add_button.click()
    qtbot.keyClicks(form.sweep.picker.search, "temperature")
    qtbot.keyClick(form.sweep.picker.search, Qt.Key.Key_Return)
    values = form.sweep.editor("sweep", "strategy.temperature").control
    values.clear()
    qtbot.keyClicks(values, "1, 20")
    command = window.page("Experiment").outlook._command.toPlainText()
    assert command.endswith("--seeds 2 --sweep strategy.temperature=1,20")

    press(qtbot, window.run_bar.run_button)
    assert wait_for(State.FINISHED, State.FAILED) is State.FINISHED
    assert window.run_bar.where.text() == "all 7 stages done"
    students = {f"student T{t} seed-{seed}" for t in (1, 20) for seed in (0, 1)}
    everyone = {"teacher", "baseline seed-0", "baseline seed-1", *students}
    window.show_page("Temperature")
    picker = window.page("Temperature").picker
    qtbot.waitUntil(lambda: picker.run is not None)
    *_, box = picker.network_boxes.values()
    assert {box.itemData(row) for row in range(box.count())} == everyone
    assert box.currentData() in students
    window.show_page("Export")
    ticks = window.page("Export").networks
    assert {*ticks.boxes} == everyone
    teacher, baseline, student = ticks.ticked()
    assert (teacher, student) == ("teacher", box.currentData())
    assert baseline.rpartition(" ")[2] == student.rpartition(" ")[2]
