"""What all editors of a form have in common: a control and its unit."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QWidget


class Editor(QWidget):
    """Shows one value and tells when the user has changed it."""

    edited = Signal(object)
    wide = False
    """Whether it needs the whole width of a form, below its label."""

    def __init__(self, control: QWidget, *, stretch: bool) -> None:
        """``control`` is the widget that gets the focus; room is left for a unit behind it."""
        super().__init__()
        self.control = control
        self.setFocusProxy(control)
        control.setAcceptDrops(False)  # what is dropped is the page's, wherever it falls
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(control, 1 if stretch else 0)
        self.unit = QLabel(objectName="muted")
        row.addWidget(self.unit)
        if not stretch:
            row.addStretch(1)

    def show_value(self, value: Any) -> None:  # noqa: ANN401
        """Show ``value``, which something else has put into the draft; the same is left as it was typed."""

    def show_text(self, text: str) -> None:
        """Put ``text`` into the line; the cursor stays where it was."""
        assert isinstance(self.control, QLineEdit)
        place = self.control.cursorPosition()
        self.control.setText(text)
        self.control.setCursorPosition(place)

    def take_focus(self) -> None:
        """Take the focus, with the cursor behind the text."""
        self.control.setFocus()
        if isinstance(self.control, QLineEdit):
            self.control.end(False)

    def mark_invalid(self, invalid: bool) -> None:
        """Give the control the look of a wrong value, or take it away."""
        if self.control.property("invalid") != invalid:
            self.control.setProperty("invalid", invalid)
            self.control.style().unpolish(self.control)
            self.control.style().polish(self.control)


class Line(QLineEdit):
    """A line of text that leaves undoing to the form: it knows what all fields held."""

    def event(self, event: QEvent) -> bool:
        """Let the window's shortcuts for undo and redo be."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride:
            undoing = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
            if any(event.matches(key) for key in undoing):
                event.ignore()
                return False
        return super().event(event)
