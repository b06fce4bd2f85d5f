"""Every action of the queue page, by mouse and by key, over a queue that nobody works off."""

import pytest
from PySide6.QtCore import QItemSelectionModel, QMimeData, QModelIndex, Qt
from PySide6.QtWidgets import QMessageBox

from kdstudio.gui.pages.queue.queue_page import GO_ON, PAUSE
from kdstudio.gui.pages.queue.queue_table import COLUMNS, LOOKS, STATE
from kdstudio.runs.queue.queue import Queue
from tests.small import run_in, small_experiment


@pytest.fixture
def queue(runs):
    """Held, so that nothing begins."""
    queue = Queue(runs)
    queue.hold(held=True)
    return queue


@pytest.fixture
def page(window, queue):
    for number in range(3):
        queue.add(small_experiment(f"name=run{number}"))
    window.controller.watch.look_now()
    window.show_page("Queue")
    return window.page("Queue")


def rows(page, column=1):
    table = page.table.entries
    return [table.index(row, column).data() for row in range(table.rowCount())]


def choose(page, *numbers):
    keys = [entry.key for entry in page._watch.entries if entry.name in {f"run{n}" for n in numbers}]
    page.table.choose(keys)
    return keys


def press(qtbot, page, text):
    assert page.buttons[text].isEnabled()
    qtbot.mouseClick(page.buttons[text], Qt.MouseButton.LeftButton)


def enabled(page):
    return {text for text, button in page.buttons.items() if button.isEnabled()}


def test_without_entries_it_says_what_it_is_for(window):
    window.show_page("Queue")
    assert window.page("Queue")._stack.currentIndex() == 0


def test_entries_stand_in_their_order_with_their_places(page):
    assert page._stack.currentIndex() == 1
    assert rows(page) == ["run0", "run1", "run2"]
    assert rows(page, 0) == ["1", "2", "3"]
    assert {text.split()[-1] for text in rows(page, STATE)} == {"waiting"}
    assert enabled(page) == {PAUSE}
    assert page.buttons[PAUSE].text() == GO_ON


def test_moving_by_buttons_keeps_the_choice(qtbot, page):
    keys = choose(page, 2)
    press(qtbot, page, "Move up")
    assert rows(page) == ["run0", "run2", "run1"]
    assert page.table.chosen() == keys
    press(qtbot, page, "Move down")
    assert rows(page) == ["run0", "run1", "run2"]


def test_moving_several_by_keys(qtbot, page):
    choose(page, 1, 2)
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert rows(page) == ["run1", "run2", "run0"]
    qtbot.keyClick(page.table, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert rows(page) == ["run0", "run1", "run2"]
    qtbot.keyClick(page.table, Qt.Key.Key_Down)
    assert rows(page) == ["run0", "run1", "run2"]


@pytest.mark.parametrize(("row", "order"), [(0, [2, 0, 1]), (1, [0, 2, 1]), (3, [0, 1, 2]), (-1, [0, 1, 2])])
def test_dragging_a_row(page, row, order):
    model = page.table.entries
    data = model.mimeData([model.index(2, column) for column in range(len(COLUMNS))])
    assert not model.dropMimeData(data, Qt.DropAction.MoveAction, row, 0, QModelIndex())
    assert rows(page) == [f"run{number}" for number in order]


def test_what_is_dragged_from_elsewhere_is_not_taken(page):
    data = QMimeData()
    data.setText("hello")
    assert not page.table.entries.dropMimeData(data, Qt.DropAction.MoveAction, 0, 0, QModelIndex())
    assert rows(page) == ["run0", "run1", "run2"]


def test_cancelling_retrying_duplicating(qtbot, page):
    choose(page, 0, 1)
    press(qtbot, page, "Cancel")
    assert rows(page, 0) == ["", "", "1"]
    assert enabled(page) == {"Duplicate", "Retry", "Remove finished", PAUSE}
    choose(page, 0)
    press(qtbot, page, "Retry")
    assert rows(page, 0) == ["1", "", "2"]
    choose(page, 2)
    press(qtbot, page, "Duplicate")
    assert rows(page) == ["run0", "run1", "run2", "run2"]
    press(qtbot, page, "Remove finished")
    assert rows(page) == ["run0", "run2", "run2"]


def test_pausing_and_going_on(qtbot, page, queue, monkeypatch):
    monkeypatch.setattr(page._watch._workers, "work", lambda _entries: None)
    press(qtbot, page, PAUSE)
    assert not queue.is_held
    assert page.buttons[PAUSE].text() == PAUSE
    press(qtbot, page, PAUSE)
    assert queue.is_held


def test_a_run_is_opened_by_its_button_and_by_two_clicks(qtbot, window, page, queue, runs):
    folder = run_in(runs, small_experiment(strategy="supervised"), "over")
    key = choose(page, 0)[0]
    queue.note(queue.entry(key), "done", run="over")
    window.index.look_now()
    page._watch.look_now()
    assert rows(page)[0] == "over"
    assert rows(page, 5)[0].endswith(" s")
    assert rows(page, 5)[1] == ""
    press(qtbot, page, "Open")
    assert window.stack.currentWidget() is window.page("Compare")
    assert window.page("Compare").table.chosen() == [folder]
    window.show_page("Queue")
    page.table.doubleClicked.emit(page.table.entries.index(0, 1))
    assert window.stack.currentWidget() is window.page("Compare")


@pytest.mark.slow
@pytest.mark.parametrize("state", LOOKS)
def test_every_state_has_a_word_a_sign_a_colour_and_a_remedy(page, queue, theme, state):
    key = choose(page, 0)[0]
    lock = queue.folder.lock(key)
    with lock:
        queue.note(queue.entry(key), state, message="the cable is out")
        page._watch.look_now()
        cell = page.table.entries.index(0, STATE)
        sign, colour = LOOKS[state]
        assert cell.data() == f"{sign}  {state}"
        brush = cell.data(Qt.ItemDataRole.ForegroundRole)
        assert brush.color().name() == theme.colours[colour].lower()
        has_own_words = state in ("set aside", "stopped")
        assert ("the cable is out" in page.about.text()) == (not has_own_words)


def test_code_that_a_retried_run_would_run_is_asked_for(qtbot, window, page, queue, tmp_path):
    (tmp_path / "mine.py").touch()
    model = f"networks.student.model={{name='python', path='{tmp_path}/mine.py:build'}}"
    key = queue.add(small_experiment("name=mine", model)).key
    queue.cancel([key])
    page._watch.look_now()
    page.table.choose([key])
    press(qtbot, page, "Retry")
    box = window.findChild(QMessageBox)
    next(button for button in box.buttons() if "Run this code" in button.text()).click()
    assert (queue.entry(key).state, queue.entry(key).allow_code) == ("waiting", True)


def test_tab_leaves_the_table_and_every_button_can_be_reached(page):
    assert not page.table.tabKeyNavigation()
    for button in page.buttons.values():
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    page.table.selectionModel().select(
        page.table.entries.index(0, 0),
        QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
    )
    assert "Cancel" in enabled(page)


def test_how_many_run_at_once_is_chosen_here_and_followed_where_another_changes_it(
    qtbot, window, queue, monkeypatch
):
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    queue.add(small_experiment())
    window.controller.watch.look_now()
    window.show_page("Queue")
    page = window.page("Queue")
    assert (page.at_once.value(), page.at_once.maximum()) == (1, 4)
    page.at_once.setFocus()
    qtbot.keyClick(page.at_once, Qt.Key.Key_Up)
    assert queue.workers == 2
    Queue(queue.runs).want_workers(3)
    page._watch.look_now()
    assert page.at_once.value() == 3
