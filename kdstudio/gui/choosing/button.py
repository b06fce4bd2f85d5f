"""A button that says what is chosen, and opens the list to choose another."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QPushButton, QSizePolicy, QVBoxLayout

from kdstudio.gui.choosing.chooser import Chooser
from kdstudio.gui.forms.editor import Editor
from kdstudio.gui.layout import TextLabel
from kdstudio.gui.theme import icons_folder
from kdstudio.runs.choices import Choice

SIGN = 10
"""Side of the sign of a list, pixels."""


class ChoiceButton(QPushButton):
    """Shows title and line of one of ``choices``; Down opens the list, as with any box of choices."""

    chosen = Signal(str)

    def __init__(self, what: str, choices: Sequence[Choice], current: str) -> None:
        """``what`` is the field's name for people."""
        super().__init__(objectName="choice")
        self._what, self._choices, self._current = what, choices, current
        shown = next((choice for choice in choices if choice.name == current), None)
        self._title = shown.title if shown else current or "Add …"
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 28, 6)
        column.setSpacing(1)
        for text, look in ((self._title, "chosen"), (shown.line if shown else "", "muted")):
            if text:
                label = TextLabel(objectName=look, wordWrap=True)
                label.setText(text)
                label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
                column.addWidget(label)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.clicked.connect(self.open)

    def setAccessibleName(self, name: str) -> None:  # noqa: N802
        """Say what is chosen, too."""
        super().setAccessibleName(f"{name}: {self._title}")

    def open(self) -> Chooser:
        """Open the list."""
        chooser = Chooser(self._what, self._choices, self._current, self)
        chooser.chosen.connect(self.chosen)
        chooser.open_below(self)
        return chooser

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802
        """Draw the sign of a list at the right."""
        super().paintEvent(event)
        box = QRect(self.width() - SIGN - 8, (self.height() - SIGN) // 2, SIGN, SIGN)
        with QPainter(self) as painter:
            QIcon(str(icons_folder() / "chevron.svg")).paint(painter, box)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802
        """Open the list with Down, as boxes of choices do."""
        if event.key() == Qt.Key.Key_Down:
            self.open()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:  # noqa: N802
        """Any width will do."""
        return self.minimumSizeHint().expandedTo(QSize(240, self.heightForWidth(240)))

    def minimumSizeHint(self) -> QSize:  # noqa: N802
        """Room for the longest word."""
        return self.layout().minimumSize()


class ChosenEditor(Editor):
    """One of many declarations."""

    wide = True

    def __init__(self, what: str, choices: Sequence[Choice], current: str) -> None:
        """Show ``current``."""
        self.button = ChoiceButton(what, choices, current)
        super().__init__(self.button, stretch=True)
        self.button.chosen.connect(self.edited.emit)
