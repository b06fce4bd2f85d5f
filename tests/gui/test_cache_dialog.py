"""What is kept between runs is shown, and deleted when that is wished."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction

from kdstudio.gui.cache_dialog import CacheDialog
from kdstudio.gui.saving.saving import saving_at
from kdstudio.runs.answer_store import SqliteAnswers
from kdstudio.runs.caches import answers_folder

ABOUT = {"network": "teacher", "architecture": "resnet-14", "output": "logits", "data": "mnist",
         "precision": "bfloat16"}  # fmt: skip


@pytest.fixture
def tables():
    store = SqliteAnswers(answers_folder(), 10**9)
    for key in ("aa", "bb"):
        store.write(key * 16, {**ABOUT, "network": f"teacher-{key}"}, [((0, 0), bytes(2 * 2**20))])
    return store


@pytest.fixture
def dialog(qtbot, tables):
    dialog = CacheDialog()
    qtbot.addWidget(dialog)
    return dialog


def rows(dialog):
    table = dialog.table
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def test_it_tells_what_is_kept_and_how_much_may_be(dialog):
    told = sorted(rows(dialog))
    assert [row[:4] for row in told] == [
        [f"logits of teacher-{key} (resnet-14)", "mnist", "bfloat16", "2.0"] for key in ("aa", "bb")
    ]
    assert "4.0 MiB of at most 4 GiB" in dialog.total.text()
    assert str(answers_folder()) in dialog.total.text()


def test_what_is_selected_is_deleted(dialog, qtbot):
    assert not dialog.delete_button.isEnabled()
    dialog.table.selectRow(1)
    (chosen,) = dialog.chosen()
    qtbot.mouseClick(dialog.delete_button, Qt.MouseButton.LeftButton)
    assert not chosen.file.exists()
    assert dialog.table.rowCount() == len(list(answers_folder().iterdir())) == 1


def test_all_is_deleted(dialog, qtbot):
    qtbot.mouseClick(dialog.clear_button, Qt.MouseButton.LeftButton)
    assert list(answers_folder().iterdir()) == []
    assert dialog.table.rowCount() == 0
    assert not dialog.clear_button.isEnabled()


def test_what_cannot_be_deleted_is_told(dialog, qtbot, monkeypatch):
    def refuse(_file, missing_ok):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.unlink", refuse)
    qtbot.mouseClick(dialog.clear_button, Qt.MouseButton.LeftButton)
    assert "cannot be deleted: Permission denied" in dialog.total.text()
    assert dialog.table.rowCount() == 2


def test_a_limit_that_is_no_size_is_told(dialog, monkeypatch):
    monkeypatch.setenv("KDSTUDIO_CACHE_GIB", "much")
    dialog.refresh()
    assert "KDSTUDIO_CACHE_GIB is 'much'" in dialog.total.text()


def test_the_menu_opens_it(window):
    actions = window.menuBar().findChildren(QAction)
    next(action for action in actions if action.text() == "Kept between runs…").trigger()
    (opened,) = window.findChildren(CacheDialog)
    assert opened.isVisible()
    opened.reject()


def test_the_list_is_saved_as_it_stands(dialog):
    (found,) = saving_at(dialog.table).content().tables()
    assert found.head == ["What", "Data", "Precision", "MiB", "Last used"]
    assert [row[3] for row in found.body] == ["2.0", "2.0"]
    assert found.align == "lllrl"
