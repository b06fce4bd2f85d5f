"""A small button in the head of a plot or a table: all that can be done with what is shown."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QMenu, QToolButton

from kdstudio.gui.icons import page_icon
from kdstudio.gui.saving.saving import COPY_KEY, SAVE_KEY, Saving

SIDE = 16
NOTHING = "Nothing to save yet"


class SaveButton(QToolButton):
    """Opens the menu of what :class:`Saving` offers."""

    def __init__(self, what: str, find: Callable[[], Saving | None]) -> None:
        """``what`` is saved, in words; ``find`` returns what saves it when the button is pressed."""
        super().__init__(objectName="save")
        self.find = find
        self.setIconSize(QSize(SIDE, SIDE))
        self.setAccessibleName(f"Save or copy {what}")
        self.setToolTip(f"Save or copy {what} ({SAVE_KEY}, {COPY_KEY})")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        self._colour_icon()

    def _fill(self) -> None:
        self.menu().clear()
        saving = self.find()
        if saving is None:
            self.menu().addAction(NOTHING).setEnabled(False)
        else:
            saving.fill(self.menu())

    def _colour_icon(self) -> None:
        self.setIcon(page_icon("save", self.palette().color(QPalette.ColorRole.PlaceholderText).name()))

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self._colour_icon()
