"""A line that tells something, with buttons for what can be done about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton

from kdstudio.gui.layout import MARGIN, text_label


class Remedy(NamedTuple):
    """What can be done: the word on its button, what that means, and who does it."""

    word: str
    meaning: str
    act: Callable[[], object]


class Strip(QFrame):
    """Hidden while there is nothing to tell."""

    def __init__(self, *remedies: Remedy, is_warning: bool = False) -> None:
        """Nothing is told yet; a warning spans the window, what else is told stands in its page."""
        super().__init__(objectName="strip" if is_warning else "card")
        self.text = text_label(name="warning" if is_warning else "")
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, 6, MARGIN, 6)
        row.addWidget(self.text, 1)
        self.buttons: dict[str, QPushButton] = {}
        for word, meaning, act in remedies:
            button = self.buttons[word] = QPushButton(word, toolTip=meaning)
            button.clicked.connect(act)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def say(self, text: str) -> None:
        """Tell ``text`` in place of what was told; nothing, where it is empty."""
        self.text.setText(text)
        self.setVisible(bool(text))
