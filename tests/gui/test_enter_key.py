"""Enter presses buttons in the window, not in its dialogs."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QWidget

from kdstudio.gui.enter_key import EnterKey


@pytest.fixture
def holder(qtbot):
    holder = QWidget()
    row = QHBoxLayout(holder)
    for kind in (QPushButton, QToolButton):
        row.addWidget(kind(objectName=kind.__name__))
    qtbot.addWidget(holder)
    EnterKey(holder)
    holder.show()
    holder.activateWindow()
    qtbot.waitUntil(holder.isActiveWindow)
    return holder


@pytest.mark.parametrize("kind", [QPushButton, QToolButton])
@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space])
def test_each_of_the_keys_presses_once(holder, qtbot, kind, key):
    button, pressed = holder.findChild(kind), []
    button.clicked.connect(lambda: pressed.append(key))
    button.setFocus()
    qtbot.keyClick(button, key)
    assert pressed == [key]


def test_enter_with_another_key_is_a_shortcut(holder, qtbot):
    button, pressed = holder.findChild(QPushButton), []
    button.clicked.connect(lambda: pressed.append(1))
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert not pressed


def test_a_button_without_the_focus_is_left_alone(holder, qtbot):
    button, pressed = holder.findChild(QPushButton), []
    button.clicked.connect(lambda: pressed.append(1))
    button.setFocus()
    holder.findChild(QToolButton).setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Return)
    assert not pressed
