"""The narrow rail at the left: a button for each page."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFrame, QToolButton, QVBoxLayout

from kdstudio.gui.icons import page_icon
from kdstudio.gui.theme import Theme

WIDTH = 96
ICON = 22
HEIGHT = 48
MARGIN = 8


class Rail(QFrame):
    """Turns to pages."""

    wanted = Signal(str)
    """Name of a page."""

    def __init__(self, theme: Theme, keys: Mapping[str, str]) -> None:
        """One button for each page, from the top; ``keys`` turn to them, too."""
        super().__init__(objectName="rail")
        self._theme = theme
        column = QVBoxLayout(self)
        column.setContentsMargins(MARGIN, 12, MARGIN, 12)
        column.setSpacing(4)
        group = QButtonGroup(self, exclusive=True)
        self.buttons: dict[str, QToolButton] = {}
        for name, key in keys.items():
            button = rail_button(name, f"{name} page ({key})")
            button.setCheckable(True)
            button.clicked.connect(lambda _checked, page=name: self.wanted.emit(page))
            group.addButton(button)
            column.addWidget(button)
            self.buttons[name] = button
        column.addStretch(1)
        theme.changed.connect(self._follow_theme)
        self._follow_theme()

    def mark(self, name: str) -> None:
        """Mark the page in sight."""
        self.buttons[name].setChecked(True)

    def _follow_theme(self) -> None:
        width = round(WIDTH * max(self._theme.size, 1))
        self.setFixedWidth(width)
        colour = self._theme.colours["text"]
        for button in self.buttons.values():
            button.setFixedSize(width - 2 * MARGIN, HEIGHT)
            button.setIcon(page_icon(button.text(), colour))


def rail_button(name: str, tip: str) -> QToolButton:
    """Make one button of the rail: icon over text."""
    button = QToolButton(objectName="rail", text=name)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setIconSize(QSize(ICON, ICON))
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    return button
