"""The one place where every exception ends that nobody caught: it is logged, and told to the user once."""

from __future__ import annotations

import sys
import threading
import traceback

from PySide6.QtCore import (
    QMessageLogContext,
    QObject,
    QtMsgType,
    Signal,
    qInstallMessageHandler,
)

from kdstudio.fault_log import described, record, tell

MOST = 100
"""Faults of one session; who has seen as many needs no more."""
TOLD_BY_QT = frozenset({QtMsgType.QtWarningMsg, QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg})


class Faults(QObject):
    """Exceptions of any thread, of slots and of overridden methods, and what Qt itself complains of."""

    came = Signal()
    """There is something that has not been told."""

    def __init__(self, parent: QObject) -> None:
        """Nothing has gone wrong yet."""
        super().__init__(parent)
        self.untold: list[tuple[str, str]] = []
        """Messages and details; whoever tells them takes them out."""
        self._known: set[str] = set()

    def catch_everything(self) -> None:
        """From now on everything ends here."""
        sys.excepthook = lambda _kind, error, _trace: self.catch(error)
        threading.excepthook = sys.unraisablehook = lambda hook: self.catch(hook.exc_value or hook.exc_type())
        qInstallMessageHandler(self._note)

    def catch(self, error: BaseException) -> None:
        """Log what nobody has caught, and tell it, unless it came from there before."""
        if not self._is_new(f"{type(error).__name__} at {traceback.extract_tb(error.__traceback__)[-1:]}"):
            return
        from kdstudio.runs.failure import failure  # knows whose mistake it is

        message = failure(error).message
        tell(error, message)
        self.untold.append((message, described(error)))
        self.came.emit()

    def _note(self, kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        """What Qt complains of nobody can mend who uses the window: it is in the log."""
        if kind in TOLD_BY_QT and self._is_new(message):
            record(f"Qt: {message}")

    def _is_new(self, fault: str) -> bool:
        if fault in self._known or len(self._known) >= MOST:
            return False
        self._known.add(fault)
        return True
