"""A button in a form behind which the rarely used fields are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QToolButton

from kdstudio.gui.theme import icons_folder


class Part(Protocol):
    """A row, or a heading."""

    def setVisible(self, visible: bool, /) -> None:  # noqa: N802
        """Show or hide it."""


class Arrow(QToolButton):
    """A button with an arrow that points down while what belongs to it is in sight."""

    def __init__(self, text: str, name: str = "disclosure") -> None:
        """Closed; ``name`` picks its look from the style sheet."""
        super().__init__(objectName=name, text=text, checkable=True)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.toggled.connect(self._point)
        self._point(False)

    def _point(self, is_open: bool) -> None:
        self.setIcon(QIcon(str(icons_folder() / ("chevron.svg" if is_open else "chevron-right.svg"))))
        self.setAccessibleName(f"{self.text()}, {'open' if is_open else 'folded'}")


class Disclosure(Arrow):
    """Opens when one of its fields comes to be worth to be seen, and stays as the user leaves it."""

    def __init__(self) -> None:
        """Closed and empty."""
        super().__init__("Advanced")
        self._parts: list[Part] = []
        self._is_notable: list[Callable[[], bool]] = []
        self._noted: set[int] = set()
        self.toggled.connect(self._show)

    def add(self, part: Part, is_notable: Callable[[], bool] | None = None) -> None:
        """Put ``part`` behind the button; it opens when ``is_notable`` becomes true."""
        self._parts.append(part)
        part.setVisible(self.isChecked())
        if is_notable:
            self._is_notable.append(is_notable)

    def holds(self, part: Part) -> bool:
        """Tell whether ``part`` is behind the button."""
        return part in self._parts

    def look(self) -> None:
        """Open if there is something new to be seen."""
        notable = {place for place, is_notable in enumerate(self._is_notable) if is_notable()}
        if notable - self._noted:
            self.setChecked(True)
        self._noted = notable

    def _show(self, shown: bool) -> None:
        for part in self._parts:
            part.setVisible(shown)
