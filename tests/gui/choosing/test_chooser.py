"""Choosing one of many from a list that says what they are."""

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from shiboken6 import isValid

from kdstudio.engine.matching.declaration import matching_terms
from kdstudio.gui.choosing.button import ChosenEditor
from kdstudio.gui.choosing.chooser import within
from kdstudio.runs.choices import choices_of


@pytest.fixture
def editor(qtbot, theme):
    editor = ChosenEditor("Terms", choices_of(matching_terms.values()), "attention")
    qtbot.addWidget(editor)
    editor.show()
    return editor


@pytest.fixture
def chooser(editor, qtbot):
    chooser = editor.button.open()
    yield chooser
    if isValid(chooser):
        chooser.close()


def test_the_button_says_what_is_chosen(editor):
    read = [label.text() for label in editor.button.findChildren(type(editor.unit))]
    assert read[0] == "AT"
    assert "where each block looks" in read[1].lower()
    editor.button.setAccessibleName("Terms")
    assert editor.button.accessibleName() == "Terms: AT"


def test_the_chosen_one_is_selected_first(chooser):
    assert chooser.shown() == list(matching_terms)
    assert chooser.rows.currentIndex().data() == "AT"


@pytest.mark.parametrize(
    ("words", "found"),
    [("park", ["relational"]), ("kl hinton", ["soft-targets"]), ("fsp", ["fsp"]), ("no such thing", [])],
)
def test_words_are_searched_in_all_that_is_said(chooser, qtbot, words, found):
    qtbot.keyClicks(chooser.search, words)
    assert chooser.shown() == found
    assert chooser.nothing.isVisible() == (not found)


def test_what_is_called_so_comes_first(chooser, qtbot):
    qtbot.keyClicks(chooser.search, "soft targets")
    assert chooser.shown()[0] == "soft-targets"
    assert "decoupled" in chooser.shown()


def test_what_it_needs_is_searched_too(chooser, qtbot):
    qtbot.keyClicks(chooser.search, "maps needs")
    assert chooser.shown() == []  # "needs" is not a word of the entries
    chooser.search.setText("maps")
    assert {"fsp", "overhaul", "variational"} <= set(chooser.shown())
    assert "probabilistic" not in chooser.shown()


def test_keys_alone_choose(chooser, editor, qtbot):
    qtbot.keyClicks(chooser.search, "teacher")
    first, second = chooser.shown()[:2]
    qtbot.keyClick(chooser.search, Qt.Key.Key_Down)
    with qtbot.waitSignal(editor.edited) as told:
        qtbot.keyClick(chooser.search, Qt.Key.Key_Return)
    assert told.args == [second] != [first]


def test_a_click_chooses(chooser, editor, qtbot):
    chooser.search.setText("park")
    place = chooser.rows.visualRect(chooser.rows.model().index(0, 0)).center()
    with qtbot.waitSignal(editor.edited) as told:
        qtbot.mouseClick(chooser.rows.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == ["relational"]


def test_escape_closes_and_changes_nothing(chooser, editor, qtbot):
    with qtbot.assertNotEmitted(editor.edited), qtbot.waitSignal(chooser.destroyed):
        qtbot.keyClick(chooser, Qt.Key.Key_Escape)


def test_down_opens_the_list(editor, qtbot, monkeypatch):
    opened = []
    monkeypatch.setattr(editor.button, "open", lambda: opened.append(True))
    qtbot.keyClick(editor.button, Qt.Key.Key_Down)
    assert opened


def test_listeners_hear_all_that_is_drawn(chooser):
    heard = chooser.rows.currentIndex().data(Qt.ItemDataRole.AccessibleTextRole)
    assert "attention" in heard
    assert "needs maps" in heard


def test_every_row_is_drawn_whole(chooser, qtbot):
    model, rows = chooser.rows.model(), chooser.rows
    for number in range(model.rowCount()):
        index = model.index(number, 0)
        lines = rows.itemDelegate()._lines(rows.visualRect(index), rows.font(), index)
        assert all(rows.visualRect(index).contains(box) for box, *_ in lines)


def test_a_list_stays_on_its_screen():
    screen = QRect(0, 0, 1000, 800)
    assert within(QRect(100, 100, 400, 300), screen) == QPoint(100, 100)
    corner = within(QRect(900, 700, 400, 300), screen)
    assert screen.contains(QRect(corner.x(), corner.y(), 400, 300))
