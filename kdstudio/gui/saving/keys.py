"""The keys that save and copy the plot or table that the mouse or the focus has come to last."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QCursor, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QWidget

from kdstudio.gui.saving.button import SaveButton
from kdstudio.gui.saving.saving import COPY_KEY, SAVE_KEY, Saving, saving_at


class SavingKeys(QObject):
    """Of one window; fields with text of their own take Ctrl+C first."""

    def __init__(self, window: QWidget, otherwise: Callable[[], object] = lambda: None) -> None:
        """Listen while ``window`` has the focus; with nothing to save, do what is done ``otherwise``."""
        super().__init__(window)
        self._mouse = QCursor.pos()
        """Where the mouse was when the focus came to where it is."""
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._look_at_mouse)
        self._bind(window, SAVE_KEY, lambda saving: saving.save(), otherwise)
        self._bind(window, COPY_KEY, lambda saving: saving.copy())

    def _bind(
        self,
        window: QWidget,
        key: str,
        act: Callable[[Saving], object],
        otherwise: Callable[[], object] = lambda: None,
    ) -> None:
        def answer() -> None:
            saving = self.wanted()
            if saving is not None:
                act(saving)
            else:
                otherwise()

        QShortcut(QKeySequence(key), window).activated.connect(answer)

    def _look_at_mouse(self) -> None:
        self._mouse = QCursor.pos()

    def wanted(self) -> Saving | None:
        """What has the focus, or what the mouse is over if it has moved since; else the other of them."""
        focused = saving_with(QApplication.focusWidget())
        pointed = saving_at(QApplication.widgetAt(QCursor.pos()))
        return focused or pointed if QCursor.pos() == self._mouse else pointed or focused


def saving_with(focus: QWidget | None) -> Saving | None:
    """What saves the widget with the ``focus``, or what its button is there for."""
    return focus.find() if isinstance(focus, SaveButton) else saving_at(focus)
