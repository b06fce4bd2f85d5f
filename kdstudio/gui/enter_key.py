"""Enter presses the button that has the focus, as Space does; Qt has that in dialogs alone."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QPushButton, QToolButton, QWidget

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class EnterKey(QObject):
    """Watches the one button of a window that has the focus: a filter on everything would cost frames."""

    def __init__(self, window: QWidget) -> None:
        """Follow the focus in ``window``."""
        super().__init__(window)
        self._window = window
        self._button: QWidget | None = None
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._follow)

    def _follow(self, before: QWidget | None, now: QWidget | None) -> None:
        if before is not None and before is self._button:
            before.removeEventFilter(self)
        self._button = None
        if isinstance(now, QPushButton | QToolButton) and now.window() is self._window:
            self._button = now
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Make a Space of Enter."""
        if isinstance(event, QKeyEvent) and event.key() in ENTER and not event.isAutoRepeat():
            kinds = (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
            if event.type() in kinds and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
                space = QKeyEvent(event.type(), Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, " ")
                return bool(QApplication.sendEvent(watched, space))
        return False
