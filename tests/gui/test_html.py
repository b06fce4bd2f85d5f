"""Text of users in labels: no name is taken for a tag."""

import pytest

from kdstudio.gui.html import Html, bold, lines, listed, paragraphs, table
from kdstudio.gui.layout import text_label

NAME = "<i>&amp;"


def shown(qtbot, text):
    """What a person reads of ``text``."""
    from PySide6.QtGui import QTextDocument

    assert isinstance(text, Html)
    document = QTextDocument()
    document.setHtml(text)
    return document.toPlainText()


@pytest.mark.parametrize(
    "made",
    [
        bold(NAME),
        lines(NAME, bold("x")),
        paragraphs(NAME, bold(NAME)),
        listed([NAME]),
        table([NAME], [[NAME]], "l"),
    ],
)
def test_names_are_shown_as_they_are(qtbot, made):
    assert NAME in shown(qtbot, made)
    assert NAME not in made


def test_html_inside_html_is_not_escaped_again():
    assert paragraphs(lines(bold("a & b"))).count("&amp;") == 1


def test_line_breaks_stay(qtbot):
    assert shown(qtbot, lines("one\ntwo", "three")).splitlines() == ["one", "two", "three"]


def test_what_is_empty_leaves_no_gap(qtbot):
    assert shown(qtbot, paragraphs("one", "", "two")).splitlines() == ["one", "two"]


def test_a_table_has_a_side_for_each_column_and_short_rows_span_it():
    made = table(("name", "errors"), [("mlp", "87"), (bold("both"),)], "lr")
    assert made.count("<tr>") == 3
    assert made.count("align='right'") == 2
    assert made.count("colspan='2'") == 1


def test_a_head_of_nothing_is_left_out():
    assert table(("", ""), [("a", "b")], "lr").count("<tr>") == 1


@pytest.mark.parametrize("text", [NAME, "a <i>b</i>", "<p>one</p>"])
def test_labels_do_not_guess(qtbot, text):
    from PySide6.QtCore import Qt

    label = text_label(text)
    qtbot.addWidget(label)
    assert label.textFormat() is Qt.TextFormat.PlainText
    label.setText(bold(text))
    assert label.textFormat() is Qt.TextFormat.RichText
    label.setText("plain again")
    assert label.textFormat() is Qt.TextFormat.PlainText
