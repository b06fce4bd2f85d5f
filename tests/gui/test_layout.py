"""Tool tips of bounded width, and scroll areas as wide as what is in them."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kdstudio.gui.html import escaped
from kdstudio.gui.layout import LONG, TIP_CHARACTERS, scrolled, text_label, tip


def test_a_tool_tip_is_broken_where_it_is_too_long_and_where_it_was():
    broken = tip("a word " * 40 + "\nanother line")
    assert max(map(len, broken.splitlines())) <= TIP_CHARACTERS
    assert broken.endswith("\nanother line")
    assert broken.split() == ("a word " * 40 + "another line").split()


def test_what_scrolls_gets_the_width_it_needs_also_when_that_grows(qtbot):
    label, content, window = QLabel("short"), QWidget(), QWidget()
    QVBoxLayout(content).addWidget(label)
    area = scrolled(content)
    row = QHBoxLayout(window)
    row.addWidget(area, 1)
    row.addWidget(QWidget(), 9)
    qtbot.addWidget(window)
    window.resize(600, 100)
    window.show()
    label.setText("a long text that cannot be broken")
    qtbot.waitUntil(lambda: area.viewport().width() >= content.width() >= label.sizeHint().width())


def test_a_word_that_has_no_room_is_cut_in_its_middle_and_whole_in_the_tool_tip(qtbot):
    name = "photographs_of_household_objects_2026_final_version"
    for text in (f"no folder at /home/somebody/{name}", escaped(f"no <folder> at /home/somebody/{name}")):
        label = text_label(text)
        qtbot.addWidget(label)
        label.resize(200, 100)
        label.show()
        shown = QLabel.text(label)
        assert shown.startswith(text[:20])
        assert name not in shown
        assert "…" in shown
        assert label.text() == text
        assert label.toolTip().replace("\n", "") == name
        assert label.minimumSizeHint().width() <= 240
        label.resize(700, 100)
        assert (QLabel.text(label), label.toolTip()) == (text, "")


def test_a_word_asks_for_the_room_that_it_needs_whatever_it_has(qtbot):
    """Else a scroll area would give and take that room for ever, until there is no stack left."""
    text = "mlp 24-24-24-24-24-24-24, 6,010 parameters"
    label = text_label(text)
    qtbot.addWidget(label)
    label.show()
    for width in range(100, 240, 7):
        label.resize(width, 100)
        label.resize(label.minimumSizeHint().width(), 100)
        assert label.width() < LONG
        assert QLabel.text(label) == text
