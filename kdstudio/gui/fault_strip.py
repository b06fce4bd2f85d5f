"""A line at the top of the window that tells what went wrong in KD Studio itself; the window goes on."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtGui import QGuiApplication

from kdstudio.fault_log import log_folder
from kdstudio.gui.faults import Faults
from kdstudio.gui.opening import open_path
from kdstudio.gui.strip import Remedy, Strip


class FaultStrip(Strip):
    """One for all that happens until it is closed."""

    def __init__(self, faults: Faults) -> None:
        """Hidden, unless something has gone wrong already."""
        super().__init__(
            Remedy("Copy details", "Copy what a report of it needs", self._copy),
            Remedy("Open log", "Show the folder with all that has gone wrong", self._open),
            Remedy("Close", "It stays in the log", self._close),
            is_warning=True,
        )
        self._faults = faults
        self._messages: list[str] = []
        self._details: list[str] = []
        faults.came.connect(self.take)
        self.take()

    def take(self) -> None:
        """Tell what has gone wrong since."""
        while self._faults.untold:
            message, details = self._faults.untold.pop(0)
            self.tell(f"Something went wrong, and the window goes on: {message}", details)

    def tell_all(self, faults: Iterable[tuple[str, str]]) -> None:
        """Tell each of ``faults``: messages and details."""
        for message, details in faults:
            self.tell(message, details)

    def tell(self, message: str, details: str) -> None:
        """Tell ``message``, or that there is more where one is told already."""
        self._messages.append(message)
        self._details.append(details)
        others = len(self._messages) - 1
        more = f" And {others} more, in the log." if others else ""
        self.say(f"{self._messages[0].rstrip('.')}.{more}")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText("\n".join([*self._messages, "", *self._details]))

    def _open(self) -> None:
        open_path(log_folder(), self)

    def _close(self) -> None:
        self._messages, self._details = [], []
        self.say("")
