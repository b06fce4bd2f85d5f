"""What is out of sight is not drawn: it is brought up to date when it comes into sight."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget


class InSight(QObject):
    """Brings a widget up to date whenever it comes into sight; and, while it is there, at every change."""

    def __init__(self, widget: QWidget, bring_up_to_date: Callable[[], object]) -> None:
        """``bring_up_to_date`` is called before ``widget`` is drawn, and by :meth:`look`."""
        super().__init__(widget)
        self._widget, self._bring_up_to_date = widget, bring_up_to_date
        widget.installEventFilter(self)

    def look(self) -> None:
        """Something has changed."""
        if self._widget.isVisible():
            self._bring_up_to_date()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """It comes into sight."""
        if event.type() is QEvent.Type.Show:
            self._bring_up_to_date()
        return False
