"""Every page opens over damaged runs; an exception in a slot or a paint event fails the test."""

import shutil
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from kdstudio.gui.pages.compare.actions import DOINGS
from kdstudio.gui.pages.compare.entries import COLUMNS, STATE_COLUMN
from kdstudio.gui.run_states import State
from kdstudio.runs.folder import RunFolder
from tests.damaged import BESIDE, OF_SUMMARY
from tests.gui.conftest import LONGEST

PICKING = ("Temperature", "Unseen", "Learned", "Export")
PAGES = ("Compare", "Live", *PICKING, "Queue", "Lecture", "Experiment")


@pytest.fixture
def copied(kept_runs, runs):
    """Copies of a run, one for each damage, beside the whole one."""

    def copy(damages):
        made = {}
        for what, damage in damages.items():
            made[what] = RunFolder(Path(shutil.copytree(kept_runs / "never-seen", runs / what)))
            damage(made[what])
        return made

    shutil.copytree(kept_runs / "never-seen", runs / "whole")
    return copy


def settled(qtbot, page):
    reader = getattr(page, "reader", None)
    if reader is not None:
        qtbot.waitUntil(lambda: not reader.job.is_busy, timeout=LONGEST)


def row_of(page, run):
    return next(index for index in page.table._tops() if index.data() == run.name)


@pytest.mark.slow
def test_every_page_opens_over_runs_that_cannot_be_read(qtbot, copied, open_window, runs):
    damaged = copied(OF_SUMMARY)
    window = open_window()
    assert [run.name for run in window.index.summaries] == ["whole"]
    assert {*window.index.damaged} == {*damaged.values()}
    for name in PAGES:
        window.show_page(name)
        assert not window.grab().isNull()
        settled(qtbot, window.page(name))
    page = window.page("Compare")
    assert page.table.model().rowCount() == len(damaged) + 1
    window.show_page("Compare")
    page.table.selectAll()
    assert not window.grab().isNull()
    assert page.table.signalsBlocked() is False


def test_a_damaged_row_is_grey_and_can_be_deleted_and_mended(qtbot, copied, open_window, runs):
    run = copied({"broken": OF_SUMMARY["half"]})["broken"]
    window = open_window()
    window.show_page("Compare")
    page = window.page("Compare")
    page.choose(run)
    assert page.table.chosen() == [run]
    cells = [row_of(page, run).siblingAtColumn(place) for place in range(len(COLUMNS))]
    assert cells[STATE_COLUMN].data() == "⚠ damaged"
    assert "summary.json cannot be read" in cells[STATE_COLUMN].data(Qt.ItemDataRole.ToolTipRole)
    grey = {cell.data(Qt.ItemDataRole.ForegroundRole).name() for cell in cells[:STATE_COLUMN]}
    assert grey == {window.theme.colours["muted"]}
    enabled = {name for name in DOINGS if page.actions_of_runs[name].isEnabled()}
    assert enabled == {"folder", "mend", "delete"}
    assert "is damaged" in page.actions_of_runs["export"].toolTip()
    assert page.mend_strip.isVisible()
    assert "broken is damaged" in page.notes.toPlainText()
    assert page.shown_run is None
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert window.page("Compare").isVisible(), "there are no curves to open"

    page.table.clearSelection()
    assert page.mend_strip.isHidden()
    assert "damaged" not in page.notes.toPlainText()
    page.choose(run)

    qtbot.mouseClick(page.mend_strip.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: run in window.index.summaries, timeout=LONGEST)
    assert "mended: written anew from the log" in page.mend_strip.text.text()
    assert page.mend_strip.isVisible()
    assert page.actions_of_runs["export"].isEnabled()
    page.choose(RunFolder(runs / "whole"))
    assert not page.mend_strip.isVisible()

    OF_SUMMARY["half"](run)
    window.index.look_now()
    page.choose(run)
    page.actions_of_runs["delete"].trigger()
    assert not run.path.exists()
    assert page.undo_strip.isVisible()
    page.undo_strip.undo.trigger()
    assert run.path.exists()


def test_a_damaged_run_is_found_by_its_state(copied, open_window, runs):
    run = copied({"broken": OF_SUMMARY["half"]})["broken"]
    window = open_window()
    window.show_page("Compare")
    page = window.page("Compare")
    box = page.filter.boxes["state"]
    box.setCurrentIndex(box.findData("damaged"))
    page.refresh()
    assert page.table.model().rowCount() == 1
    assert page.table.chosen() == [run]


@pytest.mark.slow
def test_every_page_shows_runs_of_which_something_cannot_be_read(qtbot, copied, open_window):
    damaged = copied(BESIDE)
    window = open_window()
    assert {*damaged.values()} < {*window.index.summaries}
    for name in PICKING:
        window.show_page(name)
        page = window.page(name)
        for run in damaged.values():
            page.picker.choose(run)
            settled(qtbot, page)
        assert not window.grab().isNull()
    window.show_page("Live")
    live = window.page("Live")
    for run in damaged.values():
        live.choose(run)
        assert live.run.folder == run
        assert not window.grab().isNull()
    live.choose(damaged["a bad line"])
    assert "Some of the log cannot be read" in live.notices.text()
    for what in ("no log", "a pipe for a log"):
        live.choose(damaged[what])
        assert live.notices.text().startswith("The log cannot be read")
        assert window.controller.state is State.FINISHED
    window.show_page("Compare")
    compare = window.page("Compare")
    for run in damaged.values():
        compare.choose(run)
        for place in range(compare.figures.choice.count()):
            compare.figures.show_widget(compare.figures.choice.itemText(place))
        assert not window.grab().isNull()
