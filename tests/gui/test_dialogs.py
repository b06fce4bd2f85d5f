"""The error dialog parts reason and remedy, folds its details away, and leads to the field."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from kdstudio.gui.dialogs import ErrorDialog, reason_and_remedy, show_error

MESSAGE = "no folder '/nowhere'; name one that holds a folder for each class"


@pytest.mark.parametrize(
    ("message", "parts"),
    [
        (MESSAGE, ("No folder '/nowhere'", "Name one that holds a folder for each class.")),
        ("a: b; c; try d", ("a: b; c", "Try d.")),
        ("'x' cannot be read", ("'x' cannot be read", "")),
        ("data.classes is wrong; end.", ("data.classes is wrong", "End.")),
    ],
)
def test_a_message_says_what_to_do_behind_its_last_semicolon(message, parts):
    assert reason_and_remedy(message) == parts


@pytest.fixture
def dialog(qtbot):
    led = []
    dialog = ErrorDialog(MESSAGE, "Traceback", mend=lambda: led.append("there"))
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    dialog.led = led
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def test_the_traceback_is_behind_details(dialog):
    assert dialog.details.isHidden()
    height = dialog.height()
    dialog.details_button.click()
    assert dialog.details.isVisible()
    assert dialog.details.toPlainText() == "Traceback"
    dialog.details_button.click()
    assert dialog.details.isHidden()
    assert dialog.height() == height


def test_copy_takes_message_and_details(dialog):
    dialog.copy_button.click()
    assert QGuiApplication.clipboard().text() == f"{MESSAGE}\n\nTraceback"


def test_the_way_to_the_field_closes_it(dialog):
    dialog.mend_button.click()
    assert dialog.led == ["there"]
    assert dialog.isHidden()


def test_escape_closes_it_and_leads_nowhere(dialog, qtbot):
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isHidden()
    assert dialog.led == []


def test_close_is_the_default_and_what_is_not_there_has_no_button(qtbot):
    dialog = show_error("all is lost")
    qtbot.addWidget(dialog)
    assert dialog.close_button.isDefault()
    assert dialog.details_button.isHidden()
    assert dialog.remedy.isHidden()
    assert not dialog.mend_button.isVisible()
