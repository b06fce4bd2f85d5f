"""What was read of a run in the background, or why there is nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget

from kdstudio.gui.background import RunReader
from kdstudio.gui.layout import text_label
from kdstudio.runs.failure import failure


class ReadingStack(QStackedWidget):
    """A message, and behind it what a page adds as its content, turned to when something was found."""

    found = Signal(object)
    failed = Signal(object)

    def __init__(
        self,
        read: Callable[..., object],
        command: str,
        *,
        doing: str = "Reading the predictions",
        needs_data: bool = True,
    ) -> None:
        """Take what a :class:`RunReader` takes."""
        super().__init__()
        self.reader = RunReader(read, command, self, doing=doing, needs_data=needs_data)
        self.reader.message.connect(self._tell)
        self.reader.found.connect(self._take)
        self.reader.failed.connect(self._fail)
        self.message = text_label(name="muted")
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.addWidget(self.message)

    def _take(self, found: object) -> None:
        self.found.emit(found)
        self.setCurrentIndex(1)

    def _tell(self, text: str) -> None:
        self.message.setText(text)
        self.setCurrentIndex(0)

    def _fail(self, error: Exception) -> None:
        self._tell(failure(error).message)
        self.failed.emit(error)
