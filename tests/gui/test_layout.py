"""Tool tips of bounded width, and scroll areas as wide as what is in them."""

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from kdstudio.gui.layout import TIP_CHARACTERS, scrolled, tip


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
    qtbot.waitUntil(lambda: label.width() >= label.sizeHint().width())
    assert area.viewport().width() >= content.width()
