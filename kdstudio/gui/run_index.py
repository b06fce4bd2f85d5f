"""The list of runs that all pages share, looked at again every second in the background."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from kdstudio.gui.background import BackgroundJob
from kdstudio.runs.folder import RunFolder
from kdstudio.runs.index import RunIndex
from kdstudio.runs.summary import Summary

EVERY_MILLISECONDS = 1000


class SharedIndex(QObject):
    """Tells when any run has come, gone or changed, whoever writes it."""

    changed = Signal()

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        """Look at ``runs`` from now on."""
        super().__init__(parent)
        self.index = RunIndex(runs)
        self._job = BackgroundJob("index", self)
        self._job.done.connect(self._tell)
        self._timer = QTimer(self, interval=EVERY_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        self._look()

    @property
    def summaries(self) -> dict[RunFolder, Summary]:
        """Runs that can be read, the newest first."""
        return self.index.summaries

    def _look(self) -> None:
        if not self._job.is_busy:
            index = self.index
            self._job.start(lambda _progress: index.refresh())

    def look_now(self) -> None:
        """Look at once and wait for it: something has been done here that shows."""
        if self.index.refresh():
            self.changed.emit()

    def _tell(self, changed: bool) -> None:
        if changed:
            self.changed.emit()
