"""Terms are searched, chosen by the keyboard, and shown with formula and source."""

import pytest
from PySide6.QtCore import Qt

from kdstudio.gui.glossary_view import GlossaryView
from kdstudio.runs.glossary import glossary

TERMS = glossary().terms


@pytest.fixture
def view(qtbot, theme):
    made = GlossaryView("hint")
    qtbot.addWidget(made)
    made.show()
    return made


def listed(view):
    return [view.names.item(row).text() for row in range(view.names.count())]


def test_the_term_asked_for_is_shown_among_all(view):
    assert view.term == "hint"
    assert listed(view) == [term.title for term in TERMS.values()]
    assert (view.title.text(), view.says.text()) == (TERMS["hint"].title, TERMS["hint"].says)
    assert view.formula.text() == TERMS["hint"].formula
    assert "FitNets" in view.source.text()


def test_words_find_terms_and_down_leads_to_them(view, qtbot):
    qtbot.keyClicks(view.search, "alpha")
    assert view.term == "alpha"
    assert len(listed(view)) < len(TERMS)
    view.activateWindow()
    view.search.setFocus()
    qtbot.keyClick(view.search, Qt.Key.Key_Down)
    assert view.names.hasFocus()


def test_a_term_without_formula_shows_none(view):
    view.search.setText("one-hot")
    assert view.term == "hard-label"
    assert not view.formula.isVisible()


def test_where_nothing_is_found_it_says_so_and_all_come_back(view):
    view.search.setText("no-such-word")
    assert view.nothing.isVisible()
    assert view.term == ""
    view.search.clear()
    assert not view.nothing.isVisible()
    assert len(listed(view)) == len(TERMS)


def test_without_a_term_the_first_is_shown(qtbot, theme):
    view = GlossaryView()
    qtbot.addWidget(view)
    assert view.term == next(iter(TERMS))
