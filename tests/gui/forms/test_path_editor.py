"""Paths are typed, browsed for, or dropped."""

import pytest
from PySide6.QtWidgets import QFileDialog

from kdstudio.gui.forms.path_editor import PathEditor
from tests.gui.dropping import drop


@pytest.fixture
def make(qtbot, theme):
    def made(value, wanted):
        editor = PathEditor(value, wanted)
        qtbot.addWidget(editor)
        return editor

    return made


def test_a_folder_is_browsed_for(make, qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    editor = make("", "folder")
    with qtbot.waitSignal(editor.edited) as told:
        editor.browse_button.click()
    assert told.args == [editor.control.text()] == [str(tmp_path)]


def test_a_cancelled_dialog_changes_nothing(make, qtbot, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    editor = make("old.pt", "*.pt")
    with qtbot.assertNotEmitted(editor.edited):
        editor.browse()
    assert editor.control.text() == "old.pt"


def test_files_are_offered_by_their_patterns(make, monkeypatch):
    asked = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *given: asked.append(given) or ("", ""))
    make("", "*.safetensors *.pt").browse()
    assert asked[0][-1] == "Files (*.safetensors *.pt)"


def test_only_what_fits_can_be_dropped(make, tmp_path):
    weights, text = tmp_path / "net.pt", tmp_path / "notes.txt"
    weights.touch()
    text.touch()
    editor = make("", "*.pt")
    assert not drop(editor, text)
    assert not drop(editor, tmp_path)
    assert not drop(editor, weights, weights)
    assert drop(editor, weights)
    assert editor.control.text() == str(weights)
    folder = make("", "folder")
    assert not drop(folder, weights)
    assert drop(folder, tmp_path)


def test_a_function_behind_a_colon_is_kept(make, tmp_path):
    editor = make("model.py:build", "*.py")
    editor.take(tmp_path / "mine.py")
    assert editor.control.text() == f"{tmp_path / 'mine.py'}:build"
