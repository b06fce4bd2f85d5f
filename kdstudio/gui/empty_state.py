"""What a page shows while it has nothing: what it is for, and buttons that lead to something."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget


class EmptyState(QWidget):
    """The window listens to every one of its pages."""

    preset_wanted = Signal(str)
    """A preset is to be put into the form."""
    page_wanted = Signal(str)

    def __init__(self, text: str, presets: Sequence[str] = (), page: str = "Experiment") -> None:
        """Say ``text`` and offer ``presets``, by name; without any, the page called ``page``."""
        super().__init__()
        self.said = QLabel(text, objectName="muted", alignment=Qt.AlignmentFlag.AlignCenter)
        self.buttons = {name: QPushButton(f"Load {name}") for name in presets}
        for name, button in self.buttons.items():
            button.clicked.connect(lambda _checked, chosen=name: self.preset_wanted.emit(chosen))
        if not presets:
            self.buttons[page] = QPushButton(f"Go to {page}")
            self.buttons[page].clicked.connect(lambda: self.page_wanted.emit(page))
        row = QHBoxLayout()
        row.addStretch(1)
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(16)
        column.addStretch(1)
        column.addWidget(self.said)
        column.addLayout(row)
        column.addStretch(1)
