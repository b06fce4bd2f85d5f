"""The legend shows names as they are."""

from PySide6.QtGui import QPen

from kdstudio.gui.plots.legend import Legend


def test_a_name_with_an_ampersand_marks_no_shortcut(qtbot):
    legend = Legend()
    qtbot.addWidget(legend)
    legend.show_entry("student", "cats & dogs", QPen())
    button = legend._buttons["student"]
    assert button.text() == "cats && dogs"
    assert button.shortcut().isEmpty()
