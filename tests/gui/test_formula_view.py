"""A formula, typeset in a column."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from kdstudio.gui.formula_view import FormulaView

FORMULA = "L = 0.5·CE(y, softmax(z_s)) + 0.5·8²·KL(softmax(z_t/8) ‖ softmax(z_s/8))"


@pytest.fixture
def view(qtbot, theme):
    view = FormulaView()
    qtbot.addWidget(view)
    view.show_formula(FORMULA)
    view.resize(300, 200)
    view.show()
    qtbot.waitUntil(lambda: bool(view._drawn))
    return view


def test_it_reads_as_text_for_those_who_listen(view):
    assert view.accessibleName() == f"Formula {FORMULA}"
    assert "z_s: the student's logits" in view.accessibleDescription()


def test_a_narrow_column_has_more_lines_and_cuts_nothing(view):
    assert view.heightForWidth(260) > view.heightForWidth(600) > 0
    for width in (220, 300, 600):
        view.resize(width, view.heightForWidth(width))
        view.grab()
        assert all(view.rect().toRectF().contains(box) for box, _ in view._places)


def test_it_is_copied_as_text_and_as_tex(view, qtbot):
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == FORMULA
    view.actions()[1].trigger()
    assert QApplication.clipboard().text().startswith(r"L = 0.5\cdot \mathrm{CE}(y,\ ")


def test_signs_tell_what_they_mean(view):
    view.grab()
    box = next(box for box, part in view._places if "z_t" in part.piece.text)
    assert "z_t: the teacher's logits" in view.meaning_at(box.center())
    assert "temperature" not in view.meaning_at(box.center())


def test_another_formula_takes_its_place(view, qtbot):
    view.show_formula("L = CE(y, softmax(z_s))")
    qtbot.waitUntil(lambda: len(view._drawn) == 3)
    assert view.text() == "L = CE(y, softmax(z_s))"
