"""Signals that ask the program to end close the window, as if a checkpoint of what runs had been chosen."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSocketNotifier

from kdstudio.runs.signals import ending_signals

if TYPE_CHECKING:
    from kdstudio.gui.window import MainWindow

MOST_AT_ONCE = 64


class EndingSignals(QObject):
    """Hears signals, of which Qt's loop knows nothing: Python writes their numbers into a socket."""

    def __init__(self, window: MainWindow) -> None:
        """Hear them from now on; ``window`` has begun."""
        super().__init__(window)
        self.number = 0
        """The first that came."""
        self._window = window
        self._come, self._heard = socket.socketpair()
        for end in (self._come, self._heard):
            end.setblocking(False)
        signal.set_wakeup_fd(self._come.fileno(), warn_on_full_buffer=False)
        self._before = {one: signal.signal(one, _go_on) for one in ending_signals()}
        self._notifier = QSocketNotifier(self._heard.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._hear)

    def forget(self) -> None:
        """Hear them no more."""
        signal.set_wakeup_fd(-1)
        for one, handler in self._before.items():
            signal.signal(one, handler)
        self._notifier.setEnabled(False)
        self._come.close()
        self._heard.close()

    def _hear(self) -> None:
        for number in self._heard.recv(MOST_AT_ONCE):
            if number in self._before:
                self.number = self.number or number
                self._window.closing.leave()


def _go_on(_number: int, _frame: object) -> None:
    """Let the signal end nothing by itself."""
