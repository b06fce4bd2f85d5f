"""The search page: a study as it stands, what is done with it, and what it says without one."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from kdstudio.gui.pages.search.search_page import EMPTY
from kdstudio.gui.pages.search.studies import READING
from kdstudio.runs.studies import library, process
from kdstudio.runs.studies.storage import own_storage
from kdstudio.runs.studies.study import begin_study, open_study
from tests.gui.audit import clipped
from tests.gui.conftest import LONGEST
from tests.small import small_experiment


def cells(page, column):
    return [page.table.item(row, column).text() for row in range(page.table.rowCount())]


def press(qtbot, page, text):
    assert page.buttons[text].isEnabled()
    qtbot.mouseClick(page.buttons[text], Qt.MouseButton.LeftButton)


def enabled(page):
    return {text for text, button in page.buttons.items() if button.isEnabled()}


def test_without_a_study_it_says_what_it_is_for_once_that_is_known(window, qtbot):
    window.show_page("Search")
    page = window.page("Search")
    assert page._stack.currentIndex() == 0
    assert page.empty.said.text() == READING
    qtbot.waitUntil(lambda: page.empty.said.text() == EMPTY)
    assert enabled(page) >= {"New search…"}


def test_without_optuna_it_says_how_to_install_it(window, monkeypatch):
    monkeypatch.setattr(library, "find_spec", lambda name: None)
    window.show_page("Search")
    page = window.page("Search")
    page.refresh()
    assert 'uv pip install "kdstudio[search]"' in page.empty.said.text()
    assert not page.buttons["New search…"].isEnabled()


def test_it_shows_trials_best_and_what_matters(page):
    assert cells(page, 0) == [str(number) for number in range(7)]
    assert cells(page, 2) == ["50.00%", "60.00%", "90.00%", "70.00%", "80.00%", "20.00%", "20.00%"]
    assert [text.split()[-1] for text in cells(page, 4)] == [
        "finished", "finished", "best", "finished", "finished", "pruned", "interrupted",
    ]  # fmt: skip
    assert page.about.text() == "6 of 20 trials of small. Best: trial 2, 90.00% on validation with α 0.2857."
    assert "a guess" in page.remark.text()
    assert [point.x for point in page.importance.points()] == ["α"]
    assert len(page.history.points()) == 11
    assert page.trials.value() == 20


@pytest.mark.parametrize("size", [(1024, 700), (1280, 800)])
def test_nothing_is_cut(window, page, qtbot, size):
    window.resize(*size)
    qtbot.waitUntil(lambda: clipped(window) == [], timeout=LONGEST)


def test_the_best_run_is_opened_unless_another_is_chosen(window, page, qtbot):
    opened = []
    page.open_wanted.connect(opened.append)
    press(qtbot, page, "Open")
    assert [run.name for run in opened] == ["mine-002"]
    page.table.selectRow(0)  # its run has been deleted
    assert not page.buttons["Open"].isEnabled()
    page.table.selectRow(2)
    page.table.itemDoubleClicked.emit(page.table.item(2, 0))
    assert [run.name for run in opened] == ["mine-002"] * 2


def test_settings_of_the_best_go_into_the_form(window, page, qtbot):
    wanted = []
    page.settings_wanted.connect(wanted.append)
    press(qtbot, page, "Use settings")
    assert wanted[0].experiment().strategy.alpha == 0.3


def test_it_follows_what_others_add(page, study, qtbot):
    page.table.selectRow(3)
    study.optuna.enqueue_trial({"strategy.alpha": 0.5})
    page.look()
    qtbot.waitUntil(lambda: len(cells(page, 0)) == 8, timeout=LONGEST)
    assert cells(page, 4)[-1].endswith("waiting")
    assert page.table.chosen_rows() == [3]


def test_it_is_gone_on_with_and_stopped(page, study, launched, qtbot):
    assert not page.buttons["Stop"].isEnabled()
    page.trials.setValue(9)
    press(qtbot, page, "Go on")
    (name, trials, worker), *_ = launched
    assert (name, trials) == ("mine", 9)
    assert not page.buttons["Go on"].isEnabled()
    qtbot.waitUntil(lambda: not page.studies._job.is_busy, timeout=LONGEST)
    press(qtbot, page, "Stop")
    qtbot.waitUntil(lambda: open_study("mine", study.storage).is_to_stop, timeout=LONGEST)
    worker.returncode = 0
    page.studies._look_after()
    assert page.buttons["Go on"].isEnabled()
    qtbot.waitUntil(lambda: not page.studies._job.is_busy, timeout=LONGEST)


def test_a_search_that_ends_early_is_told_with_its_last_words(page, runs, launched, qtbot):
    told = []
    page.studies.failed.connect(lambda message, details: told.append((message, details)))
    page.complained.disconnect()
    press(qtbot, page, "Go on")
    process.log_file(runs, "mine").write_text("kdstudio: 3 trials have failed\n")
    launched[0][-1].returncode = 2
    page.studies._look_after()
    assert told == [("the search 'mine' has ended early; see what it said", "kdstudio: 3 trials have failed")]
    qtbot.waitUntil(lambda: not page.studies._job.is_busy, timeout=LONGEST)


def test_a_damaged_journal_is_told(window, runs, study, qtbot):
    Path(study.storage.place).write_text("no journal\nat all\n")
    window.show_page("Search")
    page = window.page("Search")
    qtbot.waitUntil(lambda: "cannot be read" in page.empty.said.text(), timeout=LONGEST)


def test_another_study_is_chosen_by_its_name(page, runs, qtbot):
    other = small_experiment("name=other")
    begin_study("other", own_storage(runs, "other"), other, ("strategy.alpha=0..1",), "loss", runs)
    page.choose_study("other")
    qtbot.waitUntil(lambda: page.study.name == "other", timeout=LONGEST)
    assert page.picker.currentText() == "other"
    assert cells(page, 0) == []
    page.choose_study("mine")
    qtbot.waitUntil(lambda: page.study.name == "mine", timeout=LONGEST)
