"""A line to search in: it can be cleared, and left downwards."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QToolButton


class SearchLine(QLineEdit):
    """Down leaves it, towards what it has found."""

    left = Signal()

    def __init__(self, name: str, placeholder: str) -> None:
        """``name`` is said to those who do not see it."""
        super().__init__(placeholderText=placeholder, clearButtonEnabled=True)
        self.setAccessibleName(name)
        self.findChild(QToolButton).setAccessibleName("Clear the search")

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Leave by Down."""
        if event.key() == Qt.Key.Key_Down:
            self.left.emit()
        else:
            super().keyPressEvent(event)
